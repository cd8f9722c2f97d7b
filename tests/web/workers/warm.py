"""A registry of a plugin that has something to import ahead."""

from weft import Context, Registry, node

_warmed: list[str] = []


def warm_up() -> None:
    """What would take seconds."""
    _warmed.append("warmed up")


def fail() -> None:
    """A plugin's fault."""
    raise SystemExit(3)


@node("warm.say", lane="inline")
def say(ctx: Context) -> None:
    """Say what was imported ahead."""
    ctx.output({"text": ", ".join(_warmed)})


def registry() -> Registry:
    found = Registry([say])
    found.warm_up = [f"{__name__}:fail", f"{__name__}:warm_up"]
    return found
