"""What a misspelt name probably meant."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches


def closest(name: str, known: Iterable[str]) -> str | None:
    """The known name most like the given one, or None where none is like it."""
    known = list(known)
    # difflib compares with every candidate; past a few thousand the answer costs too much.
    if len(known) > 5000 or len(name) > 100:
        return None
    matches = get_close_matches(name, known, n=1, cutoff=0.6)
    return matches[0] if matches else None
