"""Writing the project of a new plugin: whole, or not at all."""

from __future__ import annotations

import json
import re
import shutil
import tempfile
from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path
from string import Template

from packaging.version import Version

from weft import __version__
from weft.documents import canonical
from weft.errors import InputError
from weft.scaffold.names import Names

# Where each template goes. PACKAGE is the import package.
FILES = {
    "pyproject.toml": "pyproject.toml",
    "README.md": "README.md",
    "LICENSE": "LICENSE",
    ".gitignore": "gitignore",
    ".github/workflows/check.yml": "check.yml",
    "PACKAGE/__init__.py": "init.py",
    "PACKAGE/plugin.py": "plugin.py",
    "PACKAGE/kinds.py": "kinds.py",
    "PACKAGE/nodes.py": "nodes.py",
    "PACKAGE/workflows/gradient.json": "workflow.json",
    "tests/test_nodes.py": "test_nodes.py",
    "tests/test_workflow.py": "test_workflow.py",
}
EMPTY = ("PACKAGE/py.typed",)
VERBATIM = {"LICENSE"}
AUTHOR = re.compile(r"(?P<name>[^<>]*[^<>\s])\s*(<(?P<email>[^<>\s@]+@[^<>\s@]+)>)?")


def write_project(names: Names, parent: Path, author: str | None = None) -> Path:
    """Make the folder of a plugin's project in `parent`; returns it.

    author: a name, or `Name <address>`.

    Raises InputError where the folder is there already or cannot be written; nothing is left then.
    """
    folder = parent / names.distribution
    if folder.exists() or folder.is_symlink():
        raise InputError(f"{folder} is there already; nothing was written")
    contents = rendered(names, author)
    try:
        parent.mkdir(parents=True, exist_ok=True)
        # Made beside its place, then renamed: an interruption leaves no half of a project.
        work = Path(tempfile.mkdtemp(prefix=".weft-new-", dir=parent))
    except OSError as error:
        raise InputError(f"{parent} cannot be written: {error.strerror or error}") from error
    try:
        for name, text in contents.items():
            path = work / "project" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(text.encode())
        (work / "project").rename(folder)
    except OSError as error:
        raise InputError(f"{folder} cannot be written: {error.strerror or error}") from error
    finally:
        shutil.rmtree(work, ignore_errors=True)
    return folder


def rendered(names: Names, author: str | None = None) -> dict[str, str]:
    """The text of every file of the project, by its path in it. Raises InputError."""
    values = {
        "name": names.distribution,
        "package": names.package,
        "namespace": names.namespace,
        "authors": _authors(author),
        "weft_range": weft_range(__version__),
        "weft_version": __version__,
    }
    texts = {
        path.replace("PACKAGE", names.package): _text(template, values)
        for path, template in FILES.items()
    }
    return texts | {path.replace("PACKAGE", names.package): "" for path in EMPTY}


def weft_range(version: str) -> str:
    """The versions of Weft that a plugin made with `version` works with: `>=0.1,<0.2`.

    Minor versions of 0.x may change what plugins use; from 1.0 on only major versions do.
    """
    parsed = Version(version)
    major, minor = parsed.major, parsed.minor
    upper = f"0.{minor + 1}" if major == 0 else f"{major + 1}"
    # A range from 0.2 on excludes 0.2.dev1, with which the plugin was made.
    lower = str(parsed) if parsed.is_prerelease else f"{major}.{minor}"
    return f">={lower},<{upper}"


def _text(template: str, values: Mapping[str, str]) -> str:
    source = files("weft.scaffold") / "templates" / f"{template}.tmpl"
    text = source.read_text("utf-8")
    if template in VERBATIM:
        return text
    text = Template(text).substitute(values)
    # In which order its keys stand depends on the names.
    return canonical(json.loads(text)) if template.endswith(".json") else text


def _authors(author: str | None) -> str:
    if author is None:
        return ""
    match = AUTHOR.fullmatch(author.strip())
    if match is None or not author.isprintable():
        raise InputError(f"{author!r} names no author; expected a name, or `Name <address>`")
    fields = {key: one for key, one in match.groupdict().items() if one is not None}
    # A printable JSON text is a TOML text too.
    inside = ", ".join(
        f"{key} = {json.dumps(one, ensure_ascii=False)}" for key, one in fields.items()
    )
    return f"authors = [{{ {inside} }}]\n"
