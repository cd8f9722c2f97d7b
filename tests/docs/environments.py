"""Environments for the tutorial that need no network.

`python3 -m venv X` makes one that sees the packages of the environment the tests run in, and whose
`pip` installs what it is given with `--no-deps`, without asking an index and without an environment
for each build; `python -m build` builds in place likewise. A person's environment has copies of its
own of the same packages; all else is the same.
"""

from __future__ import annotations

import sys
import sysconfig
from importlib.metadata import entry_points
from pathlib import Path

PYTHON = """#!/bin/sh
here=$(dirname "$0")
if [ "$1 $2" = "-m venv" ]; then exec {real} {script} "$3"; fi
if [ "$1 $2" = "-m build" ]; then shift 2; exec "$here/{name}" -m build --no-isolation "$@"; fi
exec "$here/{name}" "$@"
"""
PIP = """#!/bin/sh
shift
exec "$(dirname "$0")/python" -m pip install --no-index --no-deps --no-build-isolation \\
  --disable-pip-version-check "$@"
"""
COMMAND = """#!{python}
import sys
from {module} import {function}
sys.exit({function}())
"""
COMMANDS = ("weft", "pytest")


def make_environment(folder: Path) -> None:
    """Make a virtual environment in which the packages of this one are installed, and no others."""
    import venv

    venv.EnvBuilder(symlinks=True).create(folder)
    bin = folder / "bin"
    (library,) = folder.glob("lib/python3*/site-packages")
    # `addsitedir` also reads the .pth files there, by which editable installs are found.
    text = f"import site; site.addsitedir({sysconfig.get_path('purelib')!r})\n"
    (library / "those-of-the-tests.pth").write_text(text)
    name = "python-of-this-environment"
    (bin / name).symlink_to((bin / "python").resolve())
    for one in ("python", "python3"):
        (bin / one).unlink()
        write_script(bin / one, PYTHON.format(real=sys.executable, script=__file__, name=name))
    write_script(bin / "pip", PIP)
    for command in COMMANDS:
        (point,) = entry_points(group="console_scripts", name=command)
        text = COMMAND.format(python=bin / name, module=point.module, function=point.attr)
        write_script(bin / command, text)


def write_script(path: Path, text: str) -> None:
    """Write a program."""
    path.write_text(text)
    path.chmod(0o755)


if __name__ == "__main__":
    make_environment(Path(sys.argv[1]).absolute())
