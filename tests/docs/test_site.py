"""The site's frame: its pages, the tables made of the code, and docstrings as Markdown."""

from __future__ import annotations

import doctest
import re
import sys
from types import SimpleNamespace
from typing import Any

import pytest
import yaml  # type: ignore[import-untyped]

from docs.pages import DOCS, ROOT, pages, sections, site_module

hooks = site_module("site_hooks")


def configuration() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((ROOT / "mkdocs.yml").read_text("utf-8"))
    return found


def named(entries: Any) -> list[str]:
    """The pages in a part of the navigation."""
    if isinstance(entries, str):
        return [entries]
    parts = entries if isinstance(entries, list) else entries.values()
    return [page for one in parts for page in named(one)]


def test_every_page_can_be_found_and_every_entry_is_a_page() -> None:
    found = [str((DOCS / page).relative_to(ROOT)) for page in named(configuration()["nav"])]
    assert sorted(found) == pages()


def test_nothing_is_fetched_from_elsewhere() -> None:
    """By readers: no fonts, no scripts of another host. CI builds without a network as well."""
    theme = configuration()["theme"]
    assert theme["font"] is False
    for path in [*DOCS.rglob("*.md"), *DOCS.rglob("*.css")]:
        text = path.read_text("utf-8")
        assert not re.search(r"!\[[^\]]*\]\(https?:|<(script|img|link)[^>]*https?:|url\(", text), (
            path
        )


def commands(group: Any, words: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    """The commands that are not groups of others, as their words."""
    found: list[tuple[str, ...]] = []
    for name, one in group.commands.items():
        inner = getattr(one, "commands", None)
        if inner and not one.invoke_without_command:
            found += commands(one, (*words, name))
        else:
            found.append((*words, name))
    return found


def test_every_command_has_its_section() -> None:
    titles = {title for title, _ in sections("docs/reference/commands.md")}
    own = {f"weft {' '.join(words)}" for words in commands(hooks.command([]))}
    added = {f"weft {name}" for name in ("serve", "submit", "doctor")}
    assert titles == own | added


@pytest.mark.parametrize(
    ("words", "row"),
    [
        ("validate", "| `FILE` | A .json file, a PNG that carries a workflow, or -. |"),
        ("run", "| `--set NODE.INPUT=VALUE` | Set any input. Repeatable. |"),
        ("run", "| `--quiet, -q` | Print errors and outputs only. |"),
        ("serve", "| `--data-dir DIR` | Where the server keeps its data. |"),
    ],
)
def test_options_are_the_commands_own(words: str, row: str) -> None:
    assert row in hooks.options_table(words.split()).splitlines()


def test_the_table_of_routes_is_whole() -> None:
    from weft_web.api.table import ROUTES

    table = hooks.routes_table()
    assert table.count("\n| `") == len(ROUTES)
    for title in ("## Jobs", "## Workflows", "## Server"):
        assert table.count(f"\n{title}\n") == 1


class Page:
    """A page of MkDocs, as far as the hook looks."""

    class file:  # noqa: N801 - as MkDocs calls it
        src_uri = "extend/page.md"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("[Kinds](kinds.md)", "[Kinds](kinds.md)"),
        ("[locks](../lock.md#a)", "[locks](../lock.md#a)"),
        ("[plugins/weft-example](../../plugins/weft-example) is", "`plugins/weft-example` is"),
        ("[figures](../../benchmarks/README.md)", "figures (`benchmarks/README.md`)"),
    ],
)
def test_links_out_of_the_site_become_paths(text: str, shown: str) -> None:
    assert hooks.on_page_markdown(text, page=Page, files=None) == shown


def test_docstrings_become_markdown(monkeypatch: pytest.MonkeyPatch) -> None:
    # All that it uses of griffe, which comes with what builds the site.
    monkeypatch.setitem(sys.modules, "griffe", SimpleNamespace(Extension=object))
    docstrings = site_module("site_docstrings")
    failed, tried = doctest.testmod(docstrings)
    assert (failed, tried) == (0, 1)
    text = "Pictures [B, H].\n\nrank, dtype: of `[B]`.\n\n>>> size[0]\n2"
    assert docstrings.as_markdown(text) == (
        "Pictures \\[B, H].\n\n- **rank**, **dtype**: of `[B]`.\n\n>>> size[0]\n2"
    )
