"""Checks of what the project says of itself: version, description, licence, README."""

from __future__ import annotations

import sys

from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.version import InvalidVersion, Version

from weft.plugin_check.facts import Facts
from weft.plugin_check.findings import Finding, or_ok
from weft.plugin_check.review import Review

CHECK = "metadata"


def check_metadata(review: Review) -> list[Finding]:
    """Version, description, README, licence and `requires-python` are there, and can be read."""
    facts = review.target.facts
    found = [*_version(facts), *_texts(facts), *_python(facts)]
    return or_ok(CHECK, f"version {facts.version}, {facts.licence}", found)


def _version(facts: Facts) -> list[Finding]:
    try:
        Version(facts.version)
    except InvalidVersion:
        return [
            _fail(
                facts, "there is no usable version", "a version such as 0.1.0", repr(facts.version)
            )
        ]
    return []


def _texts(facts: Facts) -> list[Finding]:
    found = []
    if not facts.description.strip():
        advice = "Say in one sentence what the plugin is for, as `description`."
        found.append(_fail(facts, "there is no description", "one sentence", "none", advice))
    if not facts.readme:
        advice = "Write a README.md and name it as `readme`."
        found.append(_fail(facts, "there is no README", "a file with text in it", "none", advice))
    if not facts.licence:
        advice = 'Name a licence by its SPDX expression: license = "Apache-2.0".'
        found.append(_fail(facts, "there is no licence", "an SPDX expression", "none", advice))
    if not facts.licence_file:
        advice = "Put the licence's text beside pyproject.toml, as LICENSE."
        text = "the text of the licence is not there"
        found.append(_fail(facts, text, "a file LICENSE", "none", advice))
    return found


def _python(facts: Facts) -> list[Finding]:
    here = ".".join(map(str, sys.version_info[:3]))
    if not facts.requires_python:
        advice = 'Say which versions of Python it works with: requires-python = ">=3.11".'
        return [_fail(facts, "there is no requires-python", "a range", "none", advice)]
    try:
        wanted = SpecifierSet(facts.requires_python)
    except InvalidSpecifier:
        return [
            _fail(facts, "requires-python cannot be read", ">=3.11", repr(facts.requires_python))
        ]
    if not wanted.contains(here, prereleases=True):
        text = "requires-python excludes this Python"
        return [_fail(facts, text, facts.requires_python, here)]
    return []


def _fail(facts: Facts, message: str, expected: str, got: str, advice: str = "") -> Finding:
    return Finding("fail", CHECK, message, facts.source, expected, got, advice)
