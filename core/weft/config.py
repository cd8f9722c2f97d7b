"""The config file: `config.toml` in the platform's user config folder, or `WEFT_CONFIG`."""

from __future__ import annotations

import os
import tomllib
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Any, TypeVar

import platformdirs
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from weft.errors import InputError

GIB = 1024**3
Section = TypeVar("Section", bound=BaseModel)


class CacheBudgets(BaseModel):
    """Most bytes each cache tier may hold, in GiB, and what keeps the last tier.

    backend: "disk", or one that a plugin offers.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)
    device: Annotated[float, Field(ge=0)] | None = None
    host: Annotated[float, Field(ge=0)] = 2.0
    disk: Annotated[float, Field(ge=0)] = 4.0
    backend: str = "disk"


class Config(BaseModel):
    """What a person may set once for every run.

    models: folders to look for models in, before the platform's own.
    cache: budgets in GiB; `device` is half of the device's memory where it is not given.
    server: for `weft serve`, which reads it with `section`.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)
    models: list[str] = Field(default_factory=list)
    cache: CacheBudgets = Field(default_factory=CacheBudgets)
    server: dict[str, Any] = Field(default_factory=dict)

    @classmethod
    def path(cls) -> Path:
        """Where the config file is looked for."""
        override = os.environ.get("WEFT_CONFIG")
        if override:
            return Path(override)
        return Path(platformdirs.user_config_dir("weft", False)) / "config.toml"

    @classmethod
    def load(cls) -> Config:
        """The config; defaults where there is no file. Raises InputError where it is wrong."""
        path = cls.path()
        try:
            stamp = path.stat().st_mtime_ns
        except OSError:
            return cls()
        return _read(path, stamp)

    def section(self, name: str, model: type[Section]) -> Section:
        """A section whose keys the engine does not know, read by the model of whoever does.

        Raises InputError where a key is unknown to it or a value wrong.
        """
        try:
            return model.model_validate(getattr(self, name))
        except ValidationError as error:
            raise InputError(f"{self.path()}: {_told(error, name)}") from error


@lru_cache(maxsize=4)
def _read(path: Path, stamp: int) -> Config:
    try:
        data: dict[str, Any] = tomllib.loads(path.read_text("utf-8"))
        return Config.model_validate(data)
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise InputError(f"{path} cannot be read: {error}") from error
    except ValidationError as error:
        raise InputError(f"{path}: {_told(error)}") from error


def _told(error: ValidationError, *section: str) -> str:
    return "; ".join(
        f"{'.'.join(map(str, (*section, *one['loc'])))}: {one['msg']}"
        for one in error.errors(include_url=False)
    )
