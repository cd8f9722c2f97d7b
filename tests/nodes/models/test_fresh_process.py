"""In a fresh process: nobody on the network is asked, and importing takes its shortcuts."""

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

# The shortcuts of importing change nothing but the time it takes.
import gc
from weft_nodes.models import libraries

assert gc.isenabled()

import transformers
from transformers.utils.import_utils import define_import_structure
from transformers.models.bert.configuration_bert import BertConfig

assert transformers.models is sys.modules["transformers.models"]
origin = transformers.models.__spec__.origin
before = define_import_structure.cache_info().misses
index = define_import_structure(origin)
assert define_import_structure.cache_info().misses == before + 1, "the shortcut was not taken"
ours = {needs: parts for needs, parts in libraries.models_index().items() if parts}
assert ours == {needs: parts for needs, parts in index.items() if parts}
assert transformers.models.bert.BertConfig is BertConfig is transformers.BertConfig

pipelines = [name for name in sys.modules if name.startswith("diffusers.pipelines.")]
assert not pipelines, pipelines
"""


def test_a_fresh_process(tiny: Any, tiny_file: Path, tiny_folder: Path, tmp_path: Path) -> None:
    bare = tiny.write(tmp_path / "bare.safetensors", without=("weft.tokenizer",))
    command = [sys.executable, "-c", SCRIPT, str(tiny_file), str(tiny_folder), str(bare)]
    environment = {"PYTHONPATH": ":".join(sys.path), "HOME": str(tiny_folder)}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
