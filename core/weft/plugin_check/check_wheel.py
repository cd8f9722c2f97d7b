"""Checks of the wheel: everything the plugin needs is in it, and nothing else."""

from __future__ import annotations

import re
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from weft.files import packaged_folder
from weft.plugin_check.check_examples import example_files
from weft.plugin_check.children import ask
from weft.plugin_check.findings import Finding, counted
from weft.plugin_check.review import JUNK, Review

CHECK = "wheel"
PATIENCE = 300.0  # seconds that a build may take
INFO = re.compile(r"[^/]+\.(dist-info|data)/")
LICENCE = re.compile(r"[^/]+\.dist-info/(licenses/.+|(LICEN[CS]E|COPYING)[^/]*)")


def check_wheel(review: Review) -> list[Finding]:
    """A wheel is built (or what is installed is looked at) and holds what the plugin needs."""
    names, source, found = _contents(review)
    if names is None:
        return found
    found = [*found, *_missing(review, names), *_stray(review, names)]
    if not any(LICENCE.fullmatch(name) for name in names):
        advice = 'Name it: license-files = ["LICENSE"].'
        text = "the licence's text is not in it"
        found.append(Finding("fail", CHECK, text, source, "a file LICENSE", "none", advice))
    for top, place in review.target.packages.items():
        if place.is_dir() and f"{top}/py.typed" not in names:
            text = f"{top} has no py.typed: type checkers do not look at its annotations"
            advice = f"Add an empty file {top}/py.typed."
            found.append(Finding("warn", CHECK, text, source, advice=advice))
    if all(one.level == "skip" for one in found):
        found = [*found, Finding("ok", CHECK, f"{source} holds {counted(len(names), 'file')}")]
    return found


def _contents(review: Review) -> tuple[set[str] | None, str, list[Finding]]:
    """The names in the wheel, what it is, and what stood in the way of building one."""
    notes: list[Finding] = []
    if review.target.folder is not None:
        with tempfile.TemporaryDirectory(prefix="weft-check-", ignore_cleanup_errors=True) as out:
            facts = review.target.facts
            question = {
                "folder": str(review.target.folder),
                "backend": facts.backend,
                "backend_path": list(facts.backend_path),
                "out": out,
            }
            answer = ask("build", question, patience=PATIENCE)
            said = answer.lines[0] if answer.lines else {"error": answer.end}
            if "wheel" in said:
                with zipfile.ZipFile(said["wheel"]) as wheel:
                    names = {one for one in wheel.namelist() if not one.endswith("/")}
                return names, Path(said["wheel"]).name, notes
            if "error" in said:
                got = answer.said.strip()[-400:]
                text = f"it cannot be built: {said['error']}"
                return None, "", [Finding("fail", CHECK, text, "pyproject.toml", got=got)]
        text = f"no wheel was built, as {said['missing']}"
        advice = "Install the build backend in this environment to have it built and looked at."
        notes.append(Finding("skip", CHECK, text, advice=advice))
    there = _installed(review)
    return there, "what is installed", notes if there is not None or notes else [_editable()]


def _installed(review: Review) -> set[str] | None:
    """The files of an installed wheel; None for an editable one, or without a list."""
    installed = review.target.installed
    files = installed.files if installed is not None else None
    names = {one.as_posix() for one in files or ()}
    tops = tuple(f"{top}/" for top in review.target.packages)
    if not any(name.startswith(tops) for name in names):
        return None
    return {
        name
        for name in names
        if not name.startswith("../") and not name.endswith(".pyc") and "__pycache__" not in name
    }


def _editable() -> Finding:
    text = "its installation is editable or has no list of files, so there is no wheel to look at"
    advice = "Give the project's folder instead of its name."
    return Finding("skip", CHECK, text, advice=advice)


def _missing(review: Review, names: set[str]) -> Iterator[Finding]:
    """What the plugin needs, or has in its packages, and the wheel lacks."""
    needed = dict.fromkeys(review.modules.values(), "module")
    needed |= {path: what for what, folder in _folders(review) for path in _under(folder)}
    needed |= dict.fromkeys(example_files(review), "example workflow")
    for top, place in review.target.packages.items():
        for path in review.files():
            if not path.is_relative_to(place):
                continue
            inside = path.relative_to(place).as_posix() if path != place else ""
            name = f"{top}/{inside}" if inside else path.name
            if name in names:
                continue
            level, what = ("fail", needed[path]) if path in needed else ("warn", "file")
            text = f"the {what} {name} is not in it"
            advice = "Have the build backend take it in; see which files its wheel target names."
            yield Finding(
                "fail" if level == "fail" else "warn",
                CHECK,
                text,
                review.target.shown(path),
                advice=advice,
            )


def _folders(review: Review) -> Iterator[tuple[str, Path]]:
    """Folders that hooks name."""
    for one in (each.catalogue for each in review.sound):
        named = [("web asset", one.web.folder)] if one.web is not None else []
        named += [("model file", entry) for entry in one.model_folders]
        for what, entry in named:
            folder = packaged_folder(entry)
            if folder is not None:
                yield what, folder


def _under(folder: Path) -> Iterator[Path]:
    return (path for path in folder.rglob("*") if path.is_file())


def _stray(review: Review, names: set[str]) -> Iterator[Finding]:
    """What would lie about in everybody's site-packages."""
    tops = set(review.target.packages) | {f"{top}.py" for top in review.target.packages}
    told = set()
    for name in sorted(names):
        top = name.partition("/")[0]
        parts = set(PurePosixPath(name).parts)
        if JUNK & parts or name.endswith((".pyc", ".ipynb")):
            shown, what = name, "junk"
        elif top not in tops and not INFO.match(name):
            shown, what = top, "tests" if "test" in top else "a package or file of no plugin's"
        elif "tests" in parts and not INFO.match(name):
            shown, what = name.partition("/tests/")[0] + "/tests", "tests"
        else:
            continue
        if shown not in told:
            told.add(shown)
            advice = "Leave it out of the wheel; the source distribution may hold it."
            text = f"{shown} is in it: {what}"
            yield Finding("fail", CHECK, text, shown, advice=advice)
