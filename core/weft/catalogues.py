"""The catalogues of the installed plugins: kept ones, or made by a child for each plugin.

A plugin whose import raises, exits, hangs or crashes is a failed plugin and nothing else: it is
only ever imported in a child process with a time limit. The distribution Weft itself comes in is
trusted and light, and is imported in the process that asks.
"""

from __future__ import annotations

import contextlib
from collections.abc import Mapping, Sequence
from dataclasses import replace

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from weft.catalogue_cache import CatalogueCache
from weft.discovery import PLUGINS, Entry, entries
from weft.plugin_state import Absence, disabled, in_safe_mode, read_disabled, safe_mode
from weft.plugins import FORMAT, OWN, Catalogue, build_catalogue
from weft.probe import Answer, ask, status_text

IMPORT_LIMIT = 30.0  # seconds a plugin may take to import


def catalogues() -> list[Catalogue]:
    """The catalogue of every installed plugin: Weft's own, then the others by name.

    A plugin that stays out (see `weft.plugin_state`) is there too, with what is known of it.
    Raises InputError where it cannot be told what a person disabled.
    """
    cache = CatalogueCache(FORMAT)
    off = read_disabled()
    found: list[Catalogue | None] = []
    unknown: list[tuple[int, Entry, str]] = []
    names: dict[str, str] = {}
    for entry in sorted(entries(PLUGINS), key=_own_first):
        error = entry.error
        if error is None and entry.name in names:
            error = f"the plugin's name {entry.name!r} is taken by {names[entry.name]}"
            entry = replace(entry, name=f"{entry.name} of {entry.distribution}")
        names[entry.name] = entry.distribution
        absent = _absence(entry, off)
        if error is None:
            try:
                digest = cache.digest(entry)
            except (OSError, ImportError, ValueError) as problem:
                error = f"{type(problem).__name__}: {problem}"
        if error is not None:
            found.append(_failed(entry, error) if absent is None else _blank(entry))
        else:
            found.append(_known(cache, entry, digest))
        if found[-1] is None and absent is not None:
            found[-1] = _blank(entry)
        if found[-1] is None:
            unknown.append((len(found) - 1, entry, digest))
        elif absent is not None:
            found[-1] = replace(found[-1], absent=absent)
    for (place, entry, digest), made in zip(unknown, _described(unknown), strict=True):
        found[place] = made
        cache.write(entry, digest, made.dumps(), failed=made.error is not None)
    cache.save()
    return [one for one in found if one is not None]


def _own_first(one: Entry) -> tuple[bool, bool, str]:
    return one.distribution != OWN, one.name != OWN, one.name


def _absence(entry: Entry, off: Mapping[str, str]) -> Absence | None:
    if entry.distribution == OWN:
        return None
    if safe_mode():
        return in_safe_mode()
    return disabled(entry.name) if off.get(entry.name) == entry.distribution else None


def _blank(entry: Entry) -> Catalogue:
    return Catalogue(entry.name, entry.distribution, entry.version)


def _failed(entry: Entry, error: str) -> Catalogue:
    return replace(_blank(entry), error=error)


def _known(cache: CatalogueCache, entry: Entry, digest: str) -> Catalogue | None:
    for text in cache.read(entry, digest):
        # What is damaged is made again.
        with contextlib.suppress(ValueError, KeyError, TypeError):
            return Catalogue.loads(text)
    return None


def _described(unknown: Sequence[tuple[int, Entry, str]]) -> list[Catalogue]:
    """The catalogues of plugins that are not known, each made in a process of its own."""
    made: dict[int, Catalogue] = {}
    asked: list[tuple[int, Entry]] = []
    for place, entry, _ in unknown:
        wrong = _wrong_version(entry)
        if entry.distribution == OWN:
            made[place] = build_catalogue(*_question(entry))
        elif wrong is not None:
            made[place] = _failed(entry, wrong)
        else:
            asked.append((place, entry))
    try:
        answers = ask("weft.plugins", [_question(entry) for _, entry in asked], IMPORT_LIMIT)
    except OSError as error:  # no room for its files, or no process to be had
        for place, entry in asked:
            made[place] = _failed(entry, f"it could not be asked: {error}")
    else:
        for (place, entry), answer in zip(asked, answers, strict=True):
            made[place] = _answered(entry, answer)
    return [made[place] for place, _, _ in unknown]


def _question(entry: Entry) -> tuple[str, str, str, str]:
    return entry.name, entry.module, entry.distribution, entry.version


def _answered(entry: Entry, answer: Answer) -> Catalogue:
    if answer.status is None:
        return _failed(entry, f"{answer.said}\nits import took over {IMPORT_LIMIT:.0f} seconds")
    try:
        return Catalogue.loads(answer.text or "")
    except (ValueError, KeyError, TypeError):
        status = status_text(answer.status)
        return _failed(entry, f"{answer.said}\nits import ended with status {status}")


def _wrong_version(entry: Entry) -> str | None:
    """What to say where a plugin requires another version of Weft."""
    from weft import __version__

    for line in entry.requires:
        with contextlib.suppress(InvalidRequirement):
            wanted = Requirement(line)
            if canonicalize_name(wanted.name) != OWN or wanted.marker is not None:
                continue
            if not wanted.specifier.contains(__version__, prereleases=True):
                return (
                    f"{entry.distribution} {entry.version} is for another version of Weft: it "
                    f"requires weft{wanted.specifier}, and this is {__version__}"
                )
    return None
