"""Checks of what a plugin declares: help, defaults, names, namespaces, kinds, ids."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from weft.catalogues import catalogues
from weft.literals import describe
from weft.plugin_check.findings import Finding, counted, or_ok
from weft.plugin_check.review import Review
from weft.plugins import OWN, Catalogue
from weft.spec import NodeSpec, short_id

SNAKE = re.compile(r"[a-z][a-z0-9_]*")


def check_help(review: Review) -> list[Finding]:
    """Every node and every input is described."""
    found = []
    for spec in review.specs:
        name, where = short_id(spec.id), review.where(spec)
        if not spec.help.strip():
            advice = "Say in its docstring, in one sentence, what it does."
            text = f"{name} has no docstring"
            found.append(Finding("fail", "help", text, where, "a docstring", "none", advice))
            continue
        for one in spec.inputs:
            if not one.help:
                text = f"{name}: the input {one.name!r} is not described"
                wanted = f"a line `{one.name}: what it means` in the docstring"
                found.append(Finding("fail", "help", text, where, wanted, "none"))
    return or_ok("help", "every node and input is described", found)


def check_defaults(review: Review) -> list[Finding]:
    """Ranges are not empty, defaults are of their kind, and choices can be asked for."""
    found = []
    for spec in review.specs:
        choices = review.node_facts[spec.id]["choices"]
        for one in spec.inputs:
            for text, expected, got in _about(one, choices.get(one.name)):
                message = f"{short_id(spec.id)}: {one.name!r} {text}"
                where = review.where(spec)
                found.append(Finding("fail", "defaults", message, where, expected, got))
    return or_ok("defaults", "every default is allowed where it stands", found)


def _about(one: Any, choices: Any) -> Iterator[tuple[str, str, str]]:
    low, high = one.schema.get("minimum"), one.schema.get("maximum")
    if low is not None and high is not None and low > high:
        yield "has an empty range", "a minimum below the maximum", f"{low} to {high}"
    default = one.default
    if one.kind == "float" and type(default) is int:
        yield "is a float with a default that is none", f"{float(default)}", f"{default}"
    if isinstance(choices, str):
        yield "has choices that cannot be asked for", "a list of texts", choices
    elif choices is not None and default is not None and default not in choices:
        listed = ", ".join(map(repr, choices[:8])) or "no choices"
        yield "has a default that is not among its choices", listed, repr(default)
    if default is not None and "enum" in one.schema and default not in one.schema["enum"]:
        yield "has a default that is not allowed", describe(one), repr(default)


def check_names(review: Review) -> list[Finding]:
    """Names and namespaces are as the rules say."""
    target = review.target
    allowed = target.namespaces
    rule = " or ".join(f"`{one}`" for one in allowed) or "none: rename the distribution"
    found = []

    def fail(what: str, where: str, got: str) -> None:
        advice = "A namespace is the distribution's name without a leading `weft-`, or a "
        advice += "dash-separated beginning of it."
        found.append(Finding("fail", "names", what, where, rule, f"`{got}`", advice))

    for point in target.points:
        if point.name not in allowed and target.name != OWN:
            fail(f"the entry point {point.name!r} is no namespace of {target.name}", "", point.name)
    for spec in review.specs:
        space = spec.id.partition(":")[0]
        if space not in allowed:
            fail(f"{spec.id} is in a namespace of others", review.where(spec), space)
        found += _ports(review, spec)
    for one in review.sound:
        for name in one.catalogue.web.widgets if one.catalogue.web is not None else ():
            if name.partition("/")[0] not in allowed:
                text = f"the widget {name!r} is in a namespace of others"
                fail(text, one.point.module, name.partition("/")[0])
        for offer in one.catalogue.offers:
            if "/" in offer.name and offer.name.partition("/")[0] not in allowed:
                fail(f"{offer} is in a namespace of others", one.point.module, offer.name)
        for each in one.data["kinds"]:
            space, colon, _ = each["id"].rpartition(":")
            if (space if colon else "weft") not in allowed:
                where = review.class_line(each["module"], each["name"])
                fail(f"the kind {each['id']!r} is in a namespace of others", where, space or "none")
    return or_ok("names", f"namespace {', '.join(one.name for one in target.points)}", found)


def _ports(review: Review, spec: NodeSpec) -> Iterator[Finding]:
    ports = [("input", one.name) for one in spec.inputs]
    ports += [("output", one.name) for one in spec.outputs]
    for what, name in ports:
        if not SNAKE.fullmatch(name):
            text = f"{short_id(spec.id)}: the {what} {name!r} is oddly named"
            wanted = "small letters, digits and underscores"
            yield Finding("fail", "names", text, review.where(spec), wanted, name)


def check_kinds(review: Review) -> list[Finding]:
    """Kinds that are classes are frozen dataclasses."""
    found = []
    for one in review.sound:
        for each in one.data["kinds"]:
            if not each["frozen"]:
                where = review.class_line(each["module"], each["name"])
                text = f"the kind {each['id']!r} is {each['class']}"
                advice = "Put @dataclass(frozen=True) under @kind(...): values are shared and kept."
                found.append(
                    Finding(
                        "fail", "kinds", text, where, "a frozen dataclass", "another class", advice
                    )
                )
    return or_ok("kinds", "every kind of its own is a frozen dataclass", found)


def check_duplicates(review: Review) -> list[Finding]:
    """No plugin, type or widget has the name of another plugin's."""
    found = []
    others = [one for one in catalogues() if one.distribution != review.target.name]
    for other in others:
        for mine in (one.catalogue for one in review.sound):
            for name, what in _shared(mine, other):
                spec = next((one for one in review.specs if one.id == name), None)
                where = review.where(spec) if spec is not None else name
                text = f"the {what} {name} is declared by {other.distribution} too"
                advice = "Give yours another name: with both installed, one plugin is refused."
                found.append(Finding("fail", "duplicates", text, where, advice=advice))
    return or_ok(
        "duplicates",
        f"no name of {counted(len({one.distribution for one in others}), 'other plugin')}",
        found,
    )


def _shared(mine: Catalogue, other: Catalogue) -> Iterator[tuple[str, str]]:
    # One of two of the same name is listed as "name of its-distribution".
    if mine.plugin.split(" of ")[0] == other.plugin.split(" of ")[0]:
        yield mine.plugin.split(" of ")[0], "plugin name"
    types = {one.id for one in mine.nodes} & {one.id for one in other.nodes}
    yield from ((name, "node type") for name in sorted(types))
    if mine.web is not None and other.web is not None:
        widgets = set(mine.web.widgets) & set(other.web.widgets)
        yield from ((name, "widget") for name in sorted(widgets))
    offers = {(one.group, one.name) for one in mine.offers}
    offers &= {(one.group, one.name) for one in other.offers}
    yield from ((name, group.replace("_", " ")) for group, name in sorted(offers))
