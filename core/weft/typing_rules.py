"""Which kind may flow into which: kind expressions and the rules between them.

An expression is `image`, `list[image]`, `int|float`, `$T` (a type variable) or `any`.
"""

from __future__ import annotations

from functools import lru_cache

Bindings = dict[str, str]


@lru_cache(maxsize=4096)
def alternatives(kind: str) -> tuple[str, ...]:
    """The alternatives of a union: `int|list[int|float]` has two."""
    parts, level, start = [], 0, 0
    for index, letter in enumerate(kind):
        if letter == "[":
            level += 1
        elif letter == "]":
            level -= 1
        elif letter == "|" and level == 0:
            parts.append(kind[start:index])
            start = index + 1
    return (*parts, kind[start:])


@lru_cache(maxsize=4096)
def item_kind(kind: str) -> str | None:
    """What a list holds: `image` of `list[image]`; None where the kind is no list."""
    is_list = kind.startswith("list[") and kind.endswith("]")
    # A union of lists begins and ends like one.
    return kind[5:-1] if is_list and len(alternatives(kind)) == 1 else None


@lru_cache(maxsize=4096)
def is_open(kind: str) -> bool:
    """Whether the expression holds a type variable."""
    return "$" in kind


def accepts(target: str, source: str, bindings: Bindings) -> bool:
    """Whether a value of kind `source` may flow into an input of kind `target`.

    Type variables of the target are bound on the way. An unknown source (`any`) may flow
    anywhere: it is checked when the value is there.
    """
    if target == source or target == "any" or source == "any":
        return True
    if target.startswith("$") and "|" not in target:
        bound = bindings.get(target)
        if bound is None or bound == "any":
            bindings[target] = source
            return True
        if accepts(bound, source, bindings):
            return True
        # The order of the links must not matter: the wider of two kinds is what the variable is.
        if accepts(source, bound, bindings):
            bindings[target] = source
            return True
        return False
    target_item, source_item = item_kind(target), item_kind(source)
    if target_item is not None and source_item is not None:
        return accepts(target_item, source_item, bindings)
    options, offered = alternatives(target), alternatives(source)
    if len(offered) > 1:
        return all(accepts(target, one, bindings) for one in offered)
    if len(options) > 1:
        return any(accepts(one, source, bindings) for one in options)
    return target == "float" and source == "int"


def resolve(kind: str, bindings: Bindings) -> str:
    """The expression with bound type variables filled in; unbound ones become `any`."""
    if not is_open(kind):
        return kind
    item = item_kind(kind)
    if item is not None:
        return f"list[{resolve(item, bindings)}]"
    if kind.startswith("$"):
        return bindings.get(kind, "any")
    return "|".join(resolve(one, bindings) for one in alternatives(kind))
