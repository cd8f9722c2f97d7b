"""CLIP's tokenizer: equal to transformers', and never silently a smaller one."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from nodes.models.conftest import MERGES, vocabulary, write_json, write_tokenizer
from weft import InputError
from weft.values import measure
from weft_nodes.models.loader import load_text_encoder
from weft_nodes.models.tokenizer import (
    ClipTokenizer,
    clip_tokenizer,
    from_folder,
    from_metadata,
    from_tokenizer_json,
    from_vocabulary,
)

CONFIG = {"vocab_size": len(vocabulary()), "max_position_embeddings": 12}
TEXTS = [
    "",
    "red cat",
    "  Red\n\tCAT  ",
    "don't we'll they've I'd can't 'tis",
    "123 4x4 1/2, (high-quality:1.2) [b] <lora:x:1>",
    "naïve café Ünïcode ﬁne ½ ² ß İ",
    "日本語 한국어 русский العربية 🙂👩‍👩‍👧",
    "e\u0301 e\u00a0x\u200bz \ufeff",
    "!!!...???",
    "_under_score__ a_b",
]


@pytest.fixture(scope="module")
def ours() -> ClipTokenizer:
    return clip_tokenizer(from_vocabulary(vocabulary(), MERGES, "test"), CONFIG, "test")


@pytest.fixture(scope="module")
def theirs() -> Any:
    from transformers import CLIPTokenizer

    special = {"unk_token": "<|endoftext|>", "bos_token": "<|startoftext|>"}
    special |= {"eos_token": "<|endoftext|>", "pad_token": "<|endoftext|>"}
    return CLIPTokenizer(vocab=vocabulary(), merges=MERGES, **special)


@pytest.mark.parametrize("text", TEXTS)
def test_equal_to_transformers(ours: ClipTokenizer, theirs: Any, text: str) -> None:
    padded = theirs(text, padding="max_length", truncation=True, max_length=12).input_ids
    assert ours.row(text) == padded
    assert ours.count(text) == len(theirs(text).input_ids) - 2


def test_folders_and_metadata_agree(tmp_path: Path, ours: ClipTokenizer) -> None:
    write_tokenizer(tmp_path)
    (tmp_path / "whole").mkdir()
    ours.tokenizer.save(str(tmp_path / "whole" / "tokenizer.json"))
    data = json.dumps({"vocab": vocabulary(), "merges": MERGES})
    whole = (tmp_path / "whole" / "tokenizer.json").read_text()
    found = [from_folder(tmp_path), from_folder(tmp_path / "whole")]
    found += [from_metadata(data, "test"), from_metadata(whole, "test")]
    for tokenizer in found:
        assert tokenizer is not None
        assert clip_tokenizer(tokenizer, CONFIG, "test").row("red cat") == ours.row("red cat")
    assert from_folder(tmp_path / "none") is None


def test_a_smaller_tokenizer_is_refused() -> None:
    two = from_vocabulary({"<|startoftext|>": 0, "<|endoftext|>": 1}, [], "test")
    with pytest.raises(InputError, match=r"expected a tokenizer of 518 tokens.*got one of 2"):
        clip_tokenizer(two, CONFIG, "test")


@pytest.mark.parametrize(
    ("vocab", "merges"),
    [
        (None, []),
        ({"a": "b"}, []),
        ({"a": 1}, []),
        (vocabulary(), None),
        (vocabulary(), ["a b c"]),
        (vocabulary(), [["a", 1]]),
        (vocabulary(), [["no", "such"]]),
        (vocabulary() | {"a": -1}, []),
        (vocabulary() | {"a": 2**70}, []),
    ],
)
def test_vocabularies_that_make_no_sense(vocab: Any, merges: Any) -> None:
    with pytest.raises(InputError):
        from_vocabulary(vocab, merges, "test")


def test_ids_beyond_the_vocabulary_are_refused() -> None:
    vocab = vocabulary() | {"a": 10**6}
    with pytest.raises(InputError, match="ids from 0 to 517"):
        clip_tokenizer(from_vocabulary(vocab, [], "test"), CONFIG, "test")


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"model": {"type": "BPE"}}', "\0", '{"a": 1'])
def test_tokenizer_files_that_make_no_sense(text: str) -> None:
    with pytest.raises(InputError, match="expected"):
        from_tokenizer_json(text, "test")


def test_where_to_put_a_missing_tokenizer(
    tiny: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WEFT_MODELS", str(tmp_path / "elsewhere"))
    path = tmp_path / "models" / "checkpoints" / "sub" / "m.safetensors"
    path.parent.mkdir(parents=True)
    tiny.write(path, without=("weft.tokenizer",))
    own = tmp_path / "models" / "text_encoders" / "clip-vit-large-patch14"
    other = tmp_path / "elsewhere" / "text_encoders" / "clip-vit-large-patch14"
    with pytest.raises(InputError, match=r"vocab\.json and merges\.txt") as caught:
        load_text_encoder(path)
    for folder in (path.parent / "tokenizer", own, other):
        assert str(folder) in str(caught.value)
    for folder in (other, own, path.parent / "tokenizer"):
        write_tokenizer(folder)
        assert load_text_encoder(path).tokens("red cat") == (2, 10)
        write_json(folder / "vocab.json", {"<|startoftext|>": 0, "<|endoftext|>": 1})
        (folder / "merges.txt").write_text("")
        with pytest.raises(InputError, match="got one of 2"):
            load_text_encoder(path)


HELD = """
import random
from pathlib import Path
from weft_nodes.models.tokenizer import clip_tokenizer, from_vocabulary

draw = random.Random(0)
tokens = {chr(33 + i) + end: None for i in range(94) for end in ("", "</w>")}
merges = []
while len(tokens) < 20_000:
    left, right = draw.choices(list(tokens)[:2000], k=2)
    if not left.endswith("</w>") and left + right not in tokens:
        tokens[left + right] = None
        merges.append(f"{left} {right}")
tokens |= {"<|startoftext|>": None, "<|endoftext|>": None}
vocab = {token: id for id, token in enumerate(tokens)}
config = {"vocab_size": len(vocab), "max_position_embeddings": 12}

def resident():
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096

def made():
    return clip_tokenizer(from_vocabulary(vocab, merges, "test"), config, "test")

first = made()
before = resident()
kept = [made() for _ in range(8)]
print((resident() - before) / 8 / first.weft_bytes())
"""


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="needs /proc")
def test_the_memory_of_its_tables_is_counted(tiny_file: Path, ours: ClipTokenizer) -> None:
    encoder = load_text_encoder(tiny_file)
    weights = measure(encoder.modules).host
    assert measure(encoder).host - weights > ours.weft_bytes() > 0
    ran = subprocess.run(
        [sys.executable, "-c", HELD], capture_output=True, text=True, check=True, timeout=60
    )
    assert 0.5 < float(ran.stdout) < 2
