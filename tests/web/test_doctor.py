"""`weft doctor`: each thing that can be wrong is found, and nothing else."""

from __future__ import annotations

import json
import os
import socket
import sqlite3
from pathlib import Path

import pytest

from weft import Absence, Registry
from weft.plugins import Catalogue
from weft_web.doctor import doctor, machine, server
from weft_web.doctor.check import Check
from weft_web.doctor.examine import examine
from weft_web.settings import Settings


@pytest.fixture(autouse=True)
def own_config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "config.toml"
    monkeypatch.setenv("WEFT_CONFIG", str(path))
    monkeypatch.delenv("WEFT_TOKEN", raising=False)
    return path


def states(checks: object) -> list[str]:
    return [one.state for one in checks]  # type: ignore[attr-defined]


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the import of torch, which takes seconds."""
    monkeypatch.setattr(machine, "torch", lambda: iter([Check("ok", "torch", "1")]))


def test_a_sound_installation(
    quick: None, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert doctor(tmp_path / "data", None, as_json=True) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["ok"] is True
    names = {one["name"] for one in told["checks"]}
    assert {"Python", "packages", "torch", "data folder", "database", "plugins", "clock"} <= names
    assert doctor(tmp_path / "data", None, as_json=False) == 0
    lines = capsys.readouterr().out.splitlines()
    assert all(one.startswith(("ok ", "warn", "      ")) for one in lines)


def test_a_failure_is_an_exit_code(
    quick: None, own_config: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    own_config.write_text("[server]\nprot = 1\n")
    assert doctor(tmp_path / "data", None, as_json=False) == 1
    assert "server.prot" in capsys.readouterr().out


def test_a_fault_of_one_check_is_its_result(
    quick: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(machine, "sqlite", lambda: 1 / 0)
    checks = list(examine(tmp_path))
    (wrong,) = [one for one in checks if one.state == "fail"]
    assert wrong.name == "SQLite"
    assert checks[-1].name == "clock"


def test_torch_is_tried_in_a_child(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine, "TORCH", "raise ImportError('libfoo.so is missing')")
    (check,) = machine.torch()
    assert check.state == "fail"
    assert "libfoo.so is missing" in check.found
    monkeypatch.setattr(machine, "TORCH", "import os; os._exit(7)")
    (check,) = machine.torch()
    assert "ended with 7" in check.found
    answer = '{"version": "9", "devices": ["Big GPU"], "cuda": "13"}'
    monkeypatch.setattr(machine, "TORCH", f"print({answer!r})")
    assert [one.found for one in machine.torch()] == ["9", "Big GPU"]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    assert states(machine.folder("data folder", tmp_path)) == ["fail"]


@pytest.mark.skipif(os.name != "posix", reason="other systems have no such bits")
def test_folders_that_it_makes_are_for_this_user_alone(tmp_path: Path) -> None:
    assert "fail" not in states(machine.folder("data folder", tmp_path / "new"))
    assert (tmp_path / "new").stat().st_mode & 0o077 == 0


def test_a_folder_that_is_a_file(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert states(machine.folder("data folder", tmp_path / "file")) == ["fail"]


def test_little_room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine, "LITTLE", 1 << 80)
    assert states(machine.folder("data folder", tmp_path)) == ["warn"]


def test_a_token_that_others_can_read(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path)
    assert states(server.token(settings)) == ["ok"]
    settings.checked()
    assert states(server.token(settings)) == ["ok"]
    (tmp_path / "token").chmod(0o644)
    assert states(server.token(settings)) == ["fail"]
    assert states(server.token(Settings(data_dir=tmp_path, token="short"))) == ["fail"]


def test_a_token_with_which_the_server_would_not_start(tmp_path: Path) -> None:
    folder = tmp_path / "new"
    for more in ({"token": "short"}, {"token": "ä" * 40}, {"host": "0.0.0.0"}):
        assert states(server.token(Settings(data_dir=folder, **more))) == ["fail"]  # type: ignore[arg-type]
    exposed = Settings(data_dir=folder, token="t" * 40, host="0.0.0.0")
    assert states(server.token(exposed)) == ["ok"]
    assert not folder.exists()


def test_a_damaged_database(tmp_path: Path) -> None:
    path = tmp_path / server.DATABASE
    assert states(server.database(path)) == ["ok"]
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE job (id TEXT PRIMARY KEY, text TEXT)")
    connection.executemany(
        "INSERT INTO job VALUES (?, ?)", ((str(one), "x" * 500) for one in range(200))
    )
    connection.commit()
    connection.close()
    (check,) = server.database(path)
    assert "200 jobs" in check.found
    content = bytearray(path.read_bytes())
    content[4096 * 3 : 4096 * 6] = b"\xff" * (4096 * 3)
    path.write_bytes(content)
    assert states(server.database(path)) == ["fail"]
    path.write_bytes(b"no database at all" * 100)
    assert states(server.database(path)) == ["fail"]


def test_a_port_that_is_taken(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        settings = Settings(data_dir=tmp_path, port=taken.getsockname()[1])
        (check,) = server.port(settings)
    assert check.state == "fail"
    assert "in use" in check.found


def test_model_folders_that_are_not_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WEFT_MODELS", str(tmp_path / "none"))
    assert states(server.models()) == ["warn", "ok"]


def test_a_clock_that_is_behind(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert states(machine.clock(tmp_path)) == ["ok"]
    monkeypatch.setattr("time.time", lambda: 1e9)
    assert states(machine.clock(tmp_path)) == ["warn"]


def test_an_old_sqlite(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sqlite3, "sqlite_version_info", (3, 40, 1))
    (check,) = machine.sqlite()
    assert check.state == "warn"
    assert "3.51.3" in check.found
    monkeypatch.setattr(sqlite3, "sqlite_version_info", (3, 51, 3))
    assert states(machine.sqlite()) == ["ok"]


def test_an_editor_that_is_not_built(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("weft_web.api.editor.BUILT", tmp_path)
    (check,) = server.editor()
    assert check.state == "warn"
    assert "npm run build" in (check.advice or "")
    (tmp_path / "index.html").write_text("<!doctype html>")
    assert states(server.editor()) == ["ok"]


def test_plugins_that_stay_out_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    registry = Registry()
    absent = Absence("it is disabled", "`weft plugin enable acme` brings it back")
    registry.add_catalogue(Catalogue("acme", "acme-nodes", "1.0", absent=absent))
    monkeypatch.setattr(Registry, "installed", lambda: registry)
    found = {one.name: one for one in server.plugins()}
    assert found["plugin acme"] == Check("warn", "plugin acme", absent.why, absent.remedy)
    monkeypatch.setenv("WEFT_SAFE_MODE", "1")
    found = {one.name: one for one in server.plugins()}
    assert "safe mode" in found
    assert "plugin acme" not in found
