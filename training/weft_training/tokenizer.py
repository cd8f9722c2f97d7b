"""A CLIP byte-pair tokenizer of a few hundred tokens: one for every word of the grammar.

The 256 byte symbols, alone and as the end of a word, come first as in CLIP's own vocabulary,
so any text tokenizes; words outside the grammar just take one token per byte.
"""

import json
from collections.abc import Iterable
from itertools import pairwise
from typing import Any

from tokenizers.pre_tokenizers import ByteLevel
from transformers import CLIPTokenizer

from weft_training.configs import MAX_TOKENS
from weft_training.scenes import COLOURS, RELATIONS, SHAPES, SIZES

START, END = "<|startoftext|>", "<|endoftext|>"
WORD_END = "</w>"
GRAMMAR_WORDS = tuple(
    dict.fromkeys(
        " ".join(["a an the on background", *SIZES, *COLOURS, *SHAPES, *RELATIONS]).split()
    )
)


def symbols(word: str, ranks: dict[tuple[str, str], int]) -> list[str]:
    """The byte-pair encoding of a word: merges the best-ranked pair until none is left."""
    parts = [*word[:-1], word[-1] + WORD_END]
    while True:
        pairs = [(ranks[pair], i) for i, pair in enumerate(pairwise(parts)) if pair in ranks]
        if not pairs:
            return parts
        _, i = min(pairs)
        parts[i : i + 2] = [parts[i] + parts[i + 1]]


def build_merges(words: Iterable[str]) -> list[tuple[str, str]]:
    """Merges after which every word is one symbol.

    A later merge ranks below all earlier ones, and an earlier word never runs out of its own
    merges before it is whole, so adding a word cannot split those before it.
    """
    ranks: dict[tuple[str, str], int] = {}
    for word in words:
        parts = symbols(word, ranks)
        while len(parts) > 1:
            ranks[(parts[0], parts[1])] = len(ranks)
            parts[:2] = [parts[0] + parts[1]]
    return list(ranks)


def build_vocabulary(merges: Iterable[tuple[str, str]]) -> dict[str, int]:
    """Tokens to ids: bytes, bytes that end a word, merges, start, end."""
    letters = sorted(ByteLevel.alphabet())
    tokens = [*letters, *(letter + WORD_END for letter in letters)]
    tokens += [first + second for first, second in merges]
    return {token: i for i, token in enumerate(dict.fromkeys([*tokens, START, END]))}


def tokenizer_data() -> dict[str, Any]:
    """What the model file carries: vocabulary, merges and the longest input."""
    merges = build_merges(GRAMMAR_WORDS)
    return {
        "vocab": build_vocabulary(merges),
        "merges": [list(pair) for pair in merges],
        "model_max_length": MAX_TOKENS,
    }


def load_tokenizer(data: dict[str, Any]) -> CLIPTokenizer:
    """A transformers tokenizer from `tokenizer_data()`, without any file."""
    return CLIPTokenizer(
        vocab=data["vocab"],
        merges=[tuple(pair) for pair in data["merges"]],
        model_max_length=data["model_max_length"],
        unk_token=END,
        bos_token=START,
        eos_token=END,
        pad_token=END,
    )


def build_tokenizer() -> CLIPTokenizer:
    """The tokenizer that `starter-unet` is trained with."""
    return load_tokenizer(json.loads(json.dumps(tokenizer_data())))


def encode(tokenizer: CLIPTokenizer, texts: list[str]) -> Any:
    """Token ids of texts, [batch, MAX_TOKENS], cut and padded as Stable Diffusion does."""
    return tokenizer(
        texts,
        padding="max_length",
        truncation=True,
        max_length=MAX_TOKENS,
        return_tensors="pt",
    ).input_ids
