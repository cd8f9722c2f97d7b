"""What the site adds to its pages: tables that are made of the code, and links that stay inside.

`<!-- options: weft run -->` becomes the table of a command's options, and `<!-- routes -->` that of
the server's routes; under each hook stands who implements it. A link out of this folder becomes the
path it names: the site has no copy.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

OUTSIDE = re.compile(r"(?<!!)\[([^\]]+)\]\(((?:\.\./)+[^)#]+)(?:#[^)]*)?\)")
OPTIONS = re.compile(r"<!-- options: weft ([\w -]+?) -->")
ROUTES = "<!-- routes -->"
HOOK = re.compile(r"(?m)^(::: weft\.hookspecs\.(\w+)\n {4}options: .+\n)")
ROOT = Path(__file__).parent.parent


def on_page_markdown(markdown: str, *, page: Any, files: Any, **_: Any) -> str:
    """Called by MkDocs for every page, before it is rendered."""
    depth = page.file.src_uri.count("/")
    markdown = OUTSIDE.sub(lambda found: _inside(found, depth), markdown)
    markdown = HOOK.sub(lambda found: found[1] + _used_by(found[2]), markdown)
    markdown = OPTIONS.sub(lambda found: options_table(found[1].split()), markdown)
    return markdown.replace(ROUTES, routes_table()) if ROUTES in markdown else markdown


def _inside(found: re.Match[str], depth: int) -> str:
    text, path = found[1], found[2]
    if path.count("../") <= depth:
        return found[0]
    path = path.replace("../", "")
    return f"`{path}`" if text.strip("`") in path else f"{text} (`{path}`)"


def _used_by(hook: str) -> str:
    shown = ", ".join(f"`{one}`" for one in users(hook))
    return f"\nIn this repository: {shown}.\n"


def users(hook: str) -> list[str]:
    """The modules in this repository, examples apart, that implement a hook; from its root."""
    places = [*ROOT.glob("*/*/plugin.py"), *ROOT.glob("plugins/*/*/plugin.py")]
    found = [path for path in places if f"\ndef {hook}(" in path.read_text("utf-8")]
    return sorted(str(path.relative_to(ROOT)) for path in found)


def command(words: list[str]) -> Any:
    """A command of `weft`, such as ["plugin", "new"], as click knows it. Raises KeyError."""
    import typer

    from weft.cli import app, extensions

    found: Any = typer.main.get_command(app)
    for word in words:
        inner = found.commands.get(word) if hasattr(found, "commands") else None
        found = inner or extensions.load(word)
        if found is None:
            raise KeyError(f"weft {' '.join(words)}: there is no such command")
    return found


def options_table(words: list[str]) -> str:
    """The arguments and options of a command, as a Markdown table."""
    rows = ["| | |", "|---|---|"]
    for one in command(words).params:
        if getattr(one, "hidden", False) or one.name == "help":
            continue
        text = (getattr(one, "help", None) or "").replace("|", "\\|")
        rows.append(f"| {_spelling(one)} | {text} |")
    return "\n".join(rows) if len(rows) > 2 else ""


def _spelling(one: Any) -> str:
    if one.param_type_name == "argument":
        return f"`{one.metavar or one.name.upper()}`"
    names = ", ".join([*one.opts, *one.secondary_opts])
    metavar = "" if one.is_flag else f" {one.metavar or 'VALUE'}"
    return f"`{names}{metavar}`"


def routes_table() -> str:
    """The server's routes, as a Markdown table by area."""
    from weft_web.api import table

    rows: list[str] = []
    areas = list(dict.fromkeys(one.tag for one in table.ROUTES))
    area = None
    for one in sorted(table.ROUTES, key=lambda one: areas.index(one.tag)):
        if one.tag != area:
            area = one.tag
            rows += ["", f"## {area.capitalize()}", "", "| | |", "|---|---|"]
        text = (one.endpoint.__doc__ or "").strip().split("\n\n")[0].replace("\n", " ")
        rows.append(f"| `{one.method} {one.path}` | {' '.join(text.split())} |")
    return "\n".join(rows)
