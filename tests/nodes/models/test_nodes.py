"""The nodes that load, encode and decode."""

from __future__ import annotations

import subprocess
import sys
import threading
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from weft import Cancelled, Context, InputError
from weft_nodes.kinds import Latent
from weft_nodes.nodes import latent as latent_nodes
from weft_nodes.nodes.model import load_checkpoint
from weft_nodes.nodes.text_encode import encode


@pytest.fixture
def context(tiny_file: Path) -> Context:
    return Context(models=lambda folder, name: tiny_file.with_name(name))


def test_from_file_to_picture(context: Context, tiny_file: Path) -> None:
    model, text_encoder, vae = load_checkpoint(tiny_file.name, context)
    assert encode(text_encoder, "a red cat").embeddings.shape == (1, 12, 32)
    latent = latent_nodes.empty(model, width=48, batch=2)
    assert latent.samples.shape == (2, 4, 8, 12)
    image = latent_nodes.decode(vae, latent)
    assert image.shape == (2, 32, 48, 3)
    assert image.dtype == torch.float32
    again = latent_nodes.encode(vae, image)
    assert again.samples.shape == latent.samples.shape
    assert again.format == latent.format
    assert torch.equal(latent_nodes.encode(vae, image).samples, again.samples)


def test_loading_can_be_cancelled(tiny_file: Path) -> None:
    cancelled = threading.Event()
    cancelled.set()
    context = Context(models=lambda folder, name: tiny_file, cancelled=cancelled)
    with pytest.raises(Cancelled):
        load_checkpoint(tiny_file.name, context)


def test_refusals(context: Context, tiny_file: Path) -> None:
    model, _, vae = load_checkpoint(tiny_file.name, context)
    with pytest.raises(InputError, match=r"width: expected a multiple of 4.*are 44 and 48"):
        latent_nodes.empty(model, width=46)
    other = Latent(torch.zeros(1, 4, 8, 8), replace(model.latent_format, name="sd1"))
    with pytest.raises(InputError, match="came with the model"):
        latent_nodes.decode(vae, other)


def test_declarations_import_no_torch() -> None:
    code = (
        "import sys\n"
        "import weft_nodes.nodes.model, weft_nodes.nodes.text_encode, weft_nodes.nodes.latent\n"
        "heavy = {'torch', 'diffusers', 'transformers', 'tokenizers'} & set(sys.modules)\n"
        "sys.exit(f'imported: {heavy}' if heavy else 0)"
    )
    subprocess.run([sys.executable, "-c", code], check=True, env={"PYTHONPATH": ":".join(sys.path)})
