"""Distributions that are not: their metadata in a folder on the path, as pip would have put it."""

from __future__ import annotations

import base64
import hashlib
import importlib
import json
import shutil
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest


@dataclass(frozen=True)
class Site:
    """A folder that comes before all others on the path."""

    folder: Path

    @classmethod
    def on_path(cls, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Site:
        """Make the folder and put it first, for the length of a test."""
        folder.mkdir()
        monkeypatch.syspath_prepend(folder)
        return cls(folder)

    def add(
        self,
        name: str,
        version: str = "1.0",
        *,
        requires: Iterable[str] = (),
        files: Mapping[str, str] | None = None,
    ) -> Path:
        """Install a distribution, in place of another version; returns its dist-info folder."""
        stem = name.replace("-", "_")
        for old in self.folder.glob(f"{stem}-*.dist-info"):
            shutil.rmtree(old)
        info = self.folder / f"{stem}-{version}.dist-info"
        info.mkdir()
        lines = [f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}"]
        lines += [f"Requires-Dist: {one}" for one in requires]
        (info / "METADATA").write_text("\n".join(lines) + "\n\nA description.\n")
        rows = []
        for path, text in (files or {f"{stem}.py": version}).items():
            file = self.folder / path
            file.parent.mkdir(exist_ok=True)
            file.write_text(text)
            digest = base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).decode()
            rows.append(f"{path},sha256={digest.rstrip('=')},{len(text)}")
        (info / "RECORD").write_text("\n".join(rows) + "\n")
        importlib.invalidate_caches()
        return info

    def remove(self, name: str) -> None:
        """Uninstall a distribution."""
        for old in self.folder.glob(f"{name.replace('-', '_')}-*.dist-info"):
            shutil.rmtree(old)
        importlib.invalidate_caches()

    def editable(self, name: str, package: str, files: Mapping[str, str]) -> Path:
        """Install as `pip install -e` does; returns the folder of the package."""
        info = self.add(name)
        (info / "RECORD").write_text(f"_{package}.pth,sha256=abc,3\n")
        (info / "entry_points.txt").write_text(f"[weft]\n{name} = {package}.plugin\n")
        url = {"url": "file:///home/me/project", "dir_info": {"editable": True}}
        (info / "direct_url.json").write_text(json.dumps(url))
        code = self.folder / package
        code.mkdir()
        for file, text in {"__init__.py": "", **files}.items():
            (code / file).write_text(text)
        return code

    def torch(self, version: str, build: str, cuda: str | None = None) -> None:
        """Install a torch that cannot be imported."""
        text = f"__version__ = {build!r}\ncuda: Optional[str] = {cuda!r}\n"
        (self.folder / "torch").mkdir(exist_ok=True)
        self.add("torch", version, files={"torch/version.py": text})
