"""Settings from the command line, the environment and the config file; the log's forms."""

from __future__ import annotations

import io
import json
import logging
import os
from pathlib import Path

import pytest

from weft import InputError
from weft_web.configuration import (
    ServeOptions,
    ServerSection,
    server_section,
    settings_of,
    token_of,
    use_config,
)
from weft_web.logs import JsonFormatter, TextFormatter, logging_to_stderr
from weft_web.presence import announced, find, own_token, running, split_server
from weft_web.serve import link
from weft_web.settings import Settings

TOKEN = "t" * 40


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "config.toml"
    monkeypatch.setenv("WEFT_CONFIG", str(path))
    monkeypatch.delenv("WEFT_TOKEN", raising=False)
    return path


def settings(**given: object) -> Settings:
    return settings_of(ServeOptions(**given), server_section())  # type: ignore[arg-type]


def test_defaults(config: Path) -> None:
    assert settings() == Settings()


def test_the_line_goes_before_the_file(config: Path, tmp_path: Path) -> None:
    config.write_text(
        '[server]\nport = 1234\nhost = "::1"\nslots = 3\nhosts = ["a"]\nworkers = ["cpu"]\n'
        f'data_dir = "{tmp_path}"\nkeep_days = 7\n[server.limits]\nqueue = 5\n'
    )
    found = settings(port=0, workers=["cuda:0, cuda:1", "cpu"], hosts=["b"])
    assert found.port == 0
    assert found.host == "::1"
    assert found.slots == 3
    assert found.devices == ("cuda:0", "cuda:1", "cpu")
    assert found.hosts == ("a", "b")
    assert found.data_dir == tmp_path
    assert found.keep_days == 7
    assert found.limits.queue == 5
    assert settings().devices == ("cpu",)


def test_every_setting_can_be_in_the_file() -> None:
    told_otherwise = {"token", "devices", "models"}  # token_file, workers, the file's own `models`
    assert Settings.model_fields.keys() - told_otherwise <= ServerSection.model_fields.keys()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[server]\nprot = 1\n", "server.prot"),
        ("[server]\nport = 70000\n", "server.port"),
        ("[server.limits]\nque = 1\n", "server.limits.que"),
        ("[server.limits]\nsubmits_per_second = 0\n", "server.limits.submits_per_second"),
        ("[server.limits]\nsubmit_burst = 0\n", "server.limits.submit_burst"),
        ("sever = 1\n", "sever"),
    ],
)
def test_unknown_keys_and_wrong_values_are_errors(config: Path, text: str, said: str) -> None:
    config.write_text(text)
    with pytest.raises(InputError, match=said):
        server_section()


def test_where_the_token_comes_from(
    config: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert token_of(None) is None
    monkeypatch.setenv("WEFT_TOKEN", TOKEN)
    assert token_of(None) == TOKEN
    monkeypatch.setenv("WEFT_TOKEN", f"{TOKEN}\n")  # as a secret's file gives it
    assert token_of(None) == TOKEN
    file = tmp_path / "secret"
    file.write_text("f" * 40 + "\n")
    assert token_of(file) == "f" * 40
    file.write_text("\n")
    for wrong in (file, tmp_path / "none"):
        with pytest.raises(InputError, match="token file"):
            token_of(wrong)


def test_the_link_carries_every_token() -> None:
    settings = Settings(token="+/=&#%41?;\"'" * 4, host="::1", port=1).checked()
    assert split_server(link(settings)) == ("http://[::1]:1", settings.token)


@pytest.mark.parametrize("wrong", [" ", "\n", "\0", "ä", "\x7f"])
def test_a_token_that_cannot_be_sent_is_refused(wrong: str) -> None:
    with pytest.raises(InputError, match="printable ASCII"):
        Settings(token=TOKEN + wrong + TOKEN).checked()


def test_a_config_file_that_is_named_must_be_there(config: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such config file"):
        use_config(tmp_path / "none.toml")
    other = tmp_path / "other.toml"
    other.write_text("[server]\nport = 4321\n")
    use_config(other)
    assert os.environ["WEFT_CONFIG"] == str(other)
    assert settings().port == 4321


def record(message: str, **more: object) -> logging.LogRecord:
    made = logging.makeLogRecord({"name": "weft_web.x", "levelno": 20, "levelname": "INFO"})
    made.msg = message
    vars(made).update(more)
    return made


def test_a_record_is_one_line_whatever_it_holds() -> None:
    told = json.loads(JsonFormatter().format(record("a\nb é", job="j1")))
    assert told["message"] == "a\nb é"
    assert (told["job"], told["level"], told["logger"]) == ("j1", "info", "weft_web.x")
    told = json.loads(JsonFormatter().format(record("job %s: lost", args=("j3",))))
    assert (told["job"], told["message"]) == ("j3", "job j3: lost")
    text = TextFormatter().format(record("a\nERROR forged", job="j1"))
    assert "[job j1]" in text
    assert not any(line.startswith("ERROR") for line in text.splitlines())
    assert TextFormatter().format(record("a\x1b[2J\r\x9bb\tc")).endswith("a\\x1b[2J\\r\\x9bb\tc")


def test_tracebacks_are_logged() -> None:
    try:
        raise ValueError("no luck\nERROR forged\x1b")
    except ValueError as error:
        info = (type(error), error, error.__traceback__)
    text = TextFormatter().format(record("failed", exc_info=info))
    assert "no luck" in text
    assert "\x1b" not in text
    assert not any(line.startswith("ERROR") for line in text.splitlines())
    assert (
        "no luck"
        in json.loads(JsonFormatter().format(record("failed", exc_info=info)))["traceback"]
    )


def test_the_log_is_left_as_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = io.StringIO()
    monkeypatch.setattr("sys.stderr", stream)
    before = list(logging.getLogger().handlers)
    with logging_to_stderr("json", "info"):
        logging.getLogger("weft_web.test").info("hello", extra={"job": "j2"})
        logging.getLogger("weft_web.test").debug("not this")
    assert [json.loads(line)["job"] for line in stream.getvalue().splitlines()] == ["j2"]
    assert logging.getLogger().handlers == before


def test_a_server_is_found_while_it_runs(tmp_path: Path) -> None:
    import fcntl

    assert running(tmp_path) is None
    with announced(tmp_path, "http://127.0.0.1:1"):
        assert running(tmp_path) is None  # nobody holds the folder: left over from a crash
        with (tmp_path / "server.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            found = running(tmp_path)
            assert found is not None
            assert found.url == "http://127.0.0.1:1"
            assert found.pid == os.getpid()
    assert running(tmp_path) is None
    assert "token" not in (tmp_path / "server.lock").read_text()


def test_the_token_may_be_in_a_file_of_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import fcntl

    (tmp_path / "secret").write_text("t" * 40 + "\n")
    config = tmp_path / "config.toml"
    data = tmp_path / "data"
    data.mkdir()
    config.write_text(f'[server]\ndata_dir = "{data}"\ntoken_file = "{tmp_path / "secret"}"\n')
    monkeypatch.setenv("WEFT_CONFIG", str(config))
    for name in ("WEFT_TOKEN", "WEFT_SERVER", "WEFT_DATA_DIR"):
        monkeypatch.delenv(name, raising=False)
    with announced(data, "http://127.0.0.1:1"), (data / "server.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        assert find() == ("http://127.0.0.1:1", "t" * 40)


def test_the_token_of_ones_own_server(tmp_path: Path) -> None:
    assert own_token(tmp_path) is None
    token = Settings(data_dir=tmp_path).checked().token
    assert own_token(tmp_path) == token
