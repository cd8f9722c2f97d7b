"""Loading asks nobody on the network."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

SCRIPT = """
import socket, sys
from pathlib import Path

def refuse(*args, **kwargs):
    raise SystemExit(f"the network was asked: {args}")

for name in ("connect", "connect_ex", "sendto"):
    setattr(socket.socket, name, refuse)
socket.getaddrinfo = socket.create_connection = socket.gethostbyname = refuse

from weft import InputError
from weft_nodes.models.loader import load_checkpoint, load_text_encoder

for path in sys.argv[1:3]:
    load_checkpoint(Path(path)).text_encoder.encode(["red cat"])
try:
    load_text_encoder(Path(sys.argv[3]))
except InputError as error:
    assert "tokenizer" in str(error), error
else:
    raise SystemExit("expected the tokenizer to be missing")

from huggingface_hub import constants
assert constants.HF_HUB_OFFLINE
"""


def test_no_connection_is_attempted(
    tiny: Any, tiny_file: Path, tiny_folder: Path, tmp_path: Path
) -> None:
    bare = tiny.write(tmp_path / "bare.safetensors", without=("weft.tokenizer",))
    command = [sys.executable, "-c", SCRIPT, str(tiny_file), str(tiny_folder), str(bare)]
    environment = {"PYTHONPATH": ":".join(sys.path), "HOME": str(tiny_folder)}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
