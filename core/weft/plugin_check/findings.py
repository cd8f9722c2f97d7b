"""What a check says: one finding for each thing, with where it is and what to do about it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Literal

Level = Literal["ok", "skip", "warn", "fail"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One answer of a check.

    level: "fail" makes the command fail, "warn" does not; "skip" could not be looked at, and the
        message says why.
    check: the check's name; it may give several findings.
    where: `file:line`, a file, or the part of the plugin that is meant.
    expected, got: what should be, and what is.
    advice: what to do.
    """

    level: Level
    check: str
    message: str
    where: str = ""
    expected: str = ""
    got: str = ""
    advice: str = ""

    def as_dict(self) -> dict[str, str]:
        """The finding as JSON data, without the fields that say nothing."""
        return {name: value for name, value in asdict(self).items() if value}


def passed(findings: Iterable[Finding]) -> bool:
    """Whether no check failed."""
    return all(one.level != "fail" for one in findings)


def counted(count: int, noun: str) -> str:
    """A number of things: "1 node", "2 nodes"."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def or_ok(check: str, message: str, findings: list[Finding]) -> list[Finding]:
    """The findings of a check; one that says all is well where there are none."""
    return findings or [Finding("ok", check, message)]
