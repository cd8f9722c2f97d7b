"""`weft plugin check`: all checks, for people or as JSON."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Iterable, Iterator

import typer

from weft.cli.shell import FAILED, columns, print_json, say
from weft.plugin_check.check_behaviour import check_behaviour
from weft.plugin_check.check_declarations import (
    check_defaults,
    check_duplicates,
    check_help,
    check_kinds,
    check_names,
)
from weft.plugin_check.check_dependencies import check_dependencies
from weft.plugin_check.check_examples import check_examples, check_migrations
from weft.plugin_check.check_loading import (
    check_catalogue,
    check_entry_point,
    check_load_time,
    check_offers,
)
from weft.plugin_check.check_metadata import check_metadata
from weft.plugin_check.check_wheel import check_wheel
from weft.plugin_check.findings import Finding, passed
from weft.plugin_check.review import Review
from weft.plugin_check.target import Target, find_target

Check = Callable[[Review], list[Finding]]
ALWAYS: tuple[Check, ...] = (check_metadata, check_dependencies, check_entry_point)
# These try the plugin, so it must be installed.
INSTALLED: tuple[Check, ...] = (check_catalogue, check_load_time)
# These go through what could be described of it.
DESCRIBED: tuple[Check, ...] = (
    check_offers,
    check_help,
    check_defaults,
    check_names,
    check_kinds,
    check_duplicates,
    check_behaviour,
    check_examples,
    check_migrations,
)
STYLES = {"ok": "green", "skip": "blue", "warn": "yellow", "fail": "red"}
WIDTH = 100


def check(path: str, *, as_json: bool) -> int:
    """Check the plugin at a path, or of that name. Raises InputError where there is none."""
    target = find_target(path)
    if as_json:
        findings = list(findings_of(target))
        print_json(_report(target, findings), indent=2)
        return 0 if passed(findings) else FAILED
    say(f"{target.name} {target.facts.version}, {target.folder or 'as it is installed'}\n")
    findings = []
    for one in findings_of(target):
        findings.append(one)
        typer.echo("\n".join(_lines(one)))
    say(f"\n{_summary(findings)}")
    return 0 if passed(findings) else FAILED


def findings_of(target: Target) -> Iterator[Finding]:
    """What every check says of a plugin, as they come."""
    review = Review(target)
    yield from _all(ALWAYS, review)
    if target.installed is None or not target.points:
        return
    yield from _all(INSTALLED, review)
    if review.sound:
        yield from _all(DESCRIBED, review)
    yield from check_wheel(review)


def _all(checks: Iterable[Check], review: Review) -> Iterator[Finding]:
    for one in checks:
        yield from one(review)


def _report(target: Target, findings: list[Finding]) -> dict[str, object]:
    return {
        "plugin": target.name,
        "version": target.facts.version,
        "folder": str(target.folder) if target.folder is not None else None,
        "passed": passed(findings),
        "findings": [one.as_dict() for one in findings],
    }


def _lines(one: Finding) -> Iterator[str]:
    """A finding as lines: what, then where, what was expected, what came, and what to do."""
    level = typer.style(f"{one.level:4}", fg=STYLES[one.level], bold=one.level != "ok")
    head = textwrap.wrap(one.message, WIDTH, break_long_words=False) or [""]
    yield f"{level}  {one.check:14}{head[0]}"
    yield from (f"{'':20}{line}" for line in head[1:])
    rows = [("at", one.where), ("expected", one.expected), ("got", one.got), ("do", one.advice)]
    yield from columns([row for row in rows if row[1] and one.level != "ok"], " " * 20)


def _summary(findings: list[Finding]) -> str:
    words = {"ok": "passed", "warn": "to look at", "skip": "not tried", "fail": "failed"}
    counts = {level: sum(one.level == level for one in findings) for level in words}
    return ", ".join(f"{count} {words[level]}" for level, count in counts.items() if count)
