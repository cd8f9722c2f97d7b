"""Every word of the grammar is one token, and any text tokenizes."""

import json

import numpy as np
import pytest

from weft_training.configs import MAX_TOKENS
from weft_training.scenes import caption, sample_scene
from weft_training.tokenizer import (
    END,
    GRAMMAR_WORDS,
    START,
    build_merges,
    build_tokenizer,
    encode,
    load_tokenizer,
    symbols,
    tokenizer_data,
)
from weft_training.train_text import FIRST_PLACE


def test_every_grammar_word_is_one_token() -> None:
    tokenizer = build_tokenizer()
    for word in GRAMMAR_WORDS:
        start, *own, end = tokenizer(word).input_ids
        assert tokenizer.convert_ids_to_tokens([start, *own, end]) == [START, f"{word}</w>", END]


def test_later_words_leave_earlier_ones_whole() -> None:
    words = ["green", "red", "re", "squared", "square"]
    ranks = {pair: rank for rank, pair in enumerate(build_merges(words))}
    assert [symbols(word, ranks) for word in words] == [[f"{word}</w>"] for word in words]


def test_captions_fit_and_leave_the_last_positions_to_padding() -> None:
    tokenizer, rng = build_tokenizer(), np.random.default_rng(0)
    tokens = encode(tokenizer, [caption(sample_scene(rng, two=1, grey=0)) for _ in range(50)])
    assert tokens.shape == (50, MAX_TOKENS)
    assert (tokens[:, 0] == tokenizer.bos_token_id).all()
    assert (tokens[:, FIRST_PLACE - 1 :] == tokenizer.eos_token_id).all()


@pytest.mark.parametrize(
    "text", ["", "A Red circle, please!", "un éléphant", "火の鳥 🔥", "x" * 500, "a\n\tb \u0000"]
)
def test_any_text_tokenizes(text: str) -> None:
    tokens = encode(build_tokenizer(), [text])
    assert tokens.shape == (1, MAX_TOKENS)
    assert int(tokens.max()) < len(build_tokenizer())


def test_capitals_do_not_matter() -> None:
    upper, lower = encode(build_tokenizer(), ["A RED CIRCLE", "a red circle"])
    assert upper.equal(lower)


def test_the_data_survives_json() -> None:
    data = tokenizer_data()
    again = load_tokenizer(json.loads(json.dumps(data)))
    assert len(again) == len(data["vocab"])
    assert again.model_max_length == MAX_TOKENS
    assert again.pad_token == END
