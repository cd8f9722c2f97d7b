"""Which installed plugins stay out: those a person disabled, and in safe mode all but Weft's own.

What was disabled is kept in a file beside the config file, so that no program rewrites what a
person wrote there.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from weft.config import Config
from weft.errors import InputError
from weft.files import write_atomically

SAFE_MODE = "WEFT_SAFE_MODE"
SAFE_MODE_NOTICE = "safe mode: only Weft's own plugin is loaded"
OFF = ("", "0", "false", "no", "off")


@dataclass(frozen=True, slots=True)
class Absence:
    """Why a plugin stays out, and what brings it back."""

    why: str
    remedy: str

    def __str__(self) -> str:
        return f"{self.why}; {self.remedy}"


def safe_mode() -> bool:
    """Whether only Weft's own plugin is loaded: `WEFT_SAFE_MODE` is set, and not to 0 or no."""
    return os.environ.get(SAFE_MODE, "").strip().lower() not in OFF


def in_safe_mode() -> Absence:
    """As a plugin that safe mode leaves out."""
    return Absence("safe mode leaves it out", f"start without --safe-mode and {SAFE_MODE}")


def disabled(plugin: str) -> Absence:
    """As a plugin that a person disabled."""
    return Absence("it is disabled", f"`weft plugin enable {plugin}` brings it back")


def state_file() -> Path:
    """Where it is kept which plugins are disabled: `config.plugins.json` beside `config.toml`."""
    return Config.path().with_suffix(".plugins.json")


def read_disabled() -> dict[str, str]:
    """The disabled plugins, and the distribution of each.

    Raises InputError where the file is there and cannot be understood: nobody should be surprised
    by a plugin that they disabled.
    """
    path = state_file()
    try:
        data = json.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise InputError(f"{path} cannot be read: {error}; delete it to enable all") from error
    found = data.get("disabled") if isinstance(data, dict) else None
    if not isinstance(found, dict) or not all(isinstance(one, str) for one in found.values()):
        raise InputError(
            f'{path}: expected {{"disabled": {{plugin: distribution}}}}; delete it to enable all'
        )
    return found


def write_disabled(plugins: Mapping[str, str]) -> None:
    """Keep which plugins are disabled. Raises InputError where that cannot be written."""
    text = json.dumps({"disabled": dict(sorted(plugins.items()))}, indent=2) + "\n"
    write_atomically(state_file(), text.encode())
