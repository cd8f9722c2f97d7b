"""Checks of what nodes do: they are run on generated inputs, in child processes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from weft.plugin_check.children import Answer, ask
from weft.plugin_check.findings import Finding, counted
from weft.plugin_check.review import Review
from weft.spec import short_id

PATIENCE = 90.0  # seconds that one node may take for all its cases
CHECKS = {
    "raises": "every node takes what its signature allows",
    "in-place": "no node changes its inputs",
    "deterministic": "every node gives the same answer twice",
    "outputs": "every output is what its signature declares",
    "values": "every value can be moved, written, read back and shown",
    "global-state": "every node leaves the process as it found it",
}
ADVICE = {
    "raises": "Accept it, narrow what the input allows (Range, Literal, Choices), or raise "
    "weft.InputError that says what is expected.",
    "in-place": "Work on a copy (`image.clone()`): others may hold the same value.",
    "deterministic": "Take what comes from outside as an input: draw numbers from a "
    "torch.Generator that a `seed` input seeds.",
    "outputs": "Mend the value or the annotation; `image.clamp(0, 1)` keeps pictures in range.",
    "values": "Let the class's `weft_...` methods undo each other, or leave them out.",
    "global-state": "Leave alone what other nodes share, or set it back before returning.",
}


def check_behaviour(review: Review) -> list[Finding]:
    """Nodes are deterministic, leave inputs and globals alone, and return what they declare."""
    if not review.specs:
        return []
    results = _run_all(review)
    found = [one for id, result in results.items() for one in _findings(review, id, result)]
    tried = [one for one in results.values() if one.get("ran")]
    if tried:
        runs = sum(one["ran"] for one in tried)
        extent = f"{len(tried)} of {counted(len(results), 'node')}, {counted(runs, 'case')}"
        said = {one.check for one in found if one.level == "fail"}
        for check, text in CHECKS.items():
            if check not in said:
                found.append(Finding("ok", check, f"{text} ({extent})"))
    return found


def _run_all(review: Review) -> dict[str, dict[str, Any]]:
    """What came of every node, by id. After a crash the rest goes on in another process."""
    waiting = [one.id for one in review.specs]
    results: dict[str, dict[str, Any]] = {}
    while waiting:
        question = {"distribution": review.target.name, "nodes": waiting}
        answer = ask("exercise", question, patience=PATIENCE)
        for line in answer.lines:
            if "done" in line:
                results[line["done"]] = line
        left = [one for one in waiting if one not in results]
        if answer.status == 0 or not left:
            break
        culprit = _culprit(answer) or left[0]
        results[culprit] = {"lost": answer.end, "said": answer.said}
        waiting = [one for one in left if one != culprit]
    return results


def _culprit(answer: Answer) -> str | None:
    started = [line["start"] for line in answer.lines if "start" in line]
    done = {line["done"] for line in answer.lines if "done" in line}
    return next((one for one in reversed(started) if one not in done), None)


def _findings(review: Review, id: str, result: dict[str, Any]) -> Iterator[Finding]:
    spec = next(one for one in review.specs if one.id == id)
    name, where = short_id(id), review.where(spec)
    if "lost" in result:
        said = result["said"].strip().splitlines()
        got = said[-1] if said else ""
        text = f"{name}: {result['lost']}"
        yield Finding("fail", "raises", text, where, "an answer or an error", got)
        return
    if "skipped" in result:
        yield Finding("skip", "behaviour", f"{name} was not run: {result['skipped']}", where)
        return
    for problem in result["problems"]:
        check = problem["check"]
        place = problem.get("where")
        yield Finding(
            "fail",
            check,
            f"{name} {problem['message']}",
            review.line(*place) if place else where,
            problem.get("expected", ""),
            f"with {problem['case']}",
            ADVICE[check],
        )
    if not result["ran"] and not result["problems"]:
        reason = result["refusals"][0] if result["refusals"] else "there were no cases"
        text = f"{name} refused every generated input ({reason})"
        yield Finding("skip", "behaviour", text, where)
    if result["left"]:
        text = f"{name} is slow: {result['left']} of its cases were left out"
        yield Finding("skip", "behaviour", text, where)
    if result["opaque"]:
        text = f"{name} gives a {', '.join(result['opaque'])}, which cannot be compared"
        yield Finding("skip", "deterministic", text, where)
