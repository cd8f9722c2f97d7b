"""spandrel and transformers are imported beside a torchvision that does not fit, at one time."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

# A model is described in one thread while another loads a checkpoint: the second begins while
# the first is in the middle of a torchvision that takes its time to fail.
TWO_THREADS = """
import sys, threading, time
from weft_nodes.models import libraries
from weft_upscale.libraries import spandrel

import torch

def go(name, call):
    try:
        call()
    except BaseException as error:
        print(name, "failed:", error)
    else:
        print(name, "imported")

first = threading.Thread(target=go, args=("spandrel", spandrel))
first.start()
while "torchvision" not in sys.modules:
    time.sleep(0.001)
go("models", libraries.warm_up)
first.join()
"""
BROKEN = """
import time
time.sleep(0.5)
raise RuntimeError("operator torchvision::nms does not exist")
"""


def test_imported_in_two_threads_beside_a_broken_torchvision(tmp_path: Path) -> None:
    package = tmp_path / "torchvision"
    package.mkdir()
    (package / "__init__.py").write_text(BROKEN)
    ran = subprocess.run(
        [sys.executable, "-c", TWO_THREADS],
        env=os.environ | {"PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=300,
    )
    said = ran.stdout.splitlines()
    assert sorted(said) == ["models imported", "spandrel imported"], ran.stdout + ran.stderr
