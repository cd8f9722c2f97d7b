"""CLIP's tokenizer, from files, with its length checked against the text encoder's.

Uses `tokenizers` directly. The tokenizer classes above it answer a missing vocabulary with a
tokenizer of two tokens and no error, and take seconds to import.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tokenizers import Regex, Tokenizer, models, normalizers, pre_tokenizers

from weft import Cancelled, InputError
from weft_nodes.models.json_file import VOCABULARY_LIMIT, parse_json_object, read_json_object

START, END = "<|startoftext|>", "<|endoftext|>"
# How CLIP cuts a text into words: contractions, runs of letters, single digits, runs of the rest.
WORDS = r"'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+"

# Host memory of a tokenizer. Measured: CLIP's 49,408 tokens and their merges took 9.7 MB.
BYTES_PER_TOKEN = 196


@dataclass(frozen=True, eq=False)
class ClipTokenizer:
    """Texts to rows of token ids of one length: start, text, end, padding.

    length: ids per row, with start and end.
    """

    tokenizer: Tokenizer
    length: int
    start: int
    end: int
    pad: int

    def weft_bytes(self) -> int:
        """What its tables hold, so that the cache counts them with the text encoder."""
        return BYTES_PER_TOKEN * self.tokenizer.get_vocab_size()

    def count(self, text: str) -> int:
        """How many tokens a text is, without start and end; more than fit are counted too."""
        return len(self._body(text))

    def row(self, text: str) -> list[int]:
        """The ids of a text, cut off or padded to `length`."""
        body = self._body(text)[: self.length - 2]
        row = [self.start, *body, self.end]
        return row + [self.pad] * (self.length - len(row))

    def _body(self, text: str) -> list[int]:
        ids: list[int] = self.tokenizer.encode(text, add_special_tokens=False).ids
        return ids


def from_tokenizer_json(text: str, where: str) -> Tokenizer:
    """A tokenizer from the text of a `tokenizer.json`."""
    try:
        tokenizer = Tokenizer.from_str(text)
        # Rows are cut and padded here, whatever the file says.
        tokenizer.no_truncation()
        tokenizer.no_padding()
    except (KeyboardInterrupt, SystemExit, Cancelled):
        raise
    except BaseException as error:  # a panic of the Rust side is no Exception
        raise InputError(f"{where}: expected a tokenizer, got {str(error)[:200]}") from error
    return tokenizer


def from_vocabulary(vocab: object, merges: object, where: str) -> Tokenizer:
    """CLIP's byte-pair tokenizer from its vocabulary (token -> id) and its merges, in order."""
    if not isinstance(vocab, Mapping) or not all(type(one) is int for one in vocab.values()):
        raise InputError(f"{where}: expected a vocabulary of token -> id")
    if START not in vocab or END not in vocab:
        raise InputError(f"{where}: expected a CLIP vocabulary with {START} and {END}")
    try:
        model = models.BPE(
            vocab=dict(vocab),
            merges=_pairs(merges, where),
            unk_token=END,
            continuing_subword_prefix="",
            end_of_word_suffix="</w>",
            fuse_unk=False,
        )
    except Exception as error:  # what the Rust side raises is plain Exception
        raise InputError(f"{where}: expected merges of known tokens, got {error}") from error
    tokenizer = Tokenizer(model)
    tokenizer.normalizer = normalizers.Sequence(
        [normalizers.NFC(), normalizers.Replace(Regex(r"\s+"), " "), normalizers.Lowercase()]
    )
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(WORDS), behavior="removed", invert=True),
            pre_tokenizers.ByteLevel(add_prefix_space=False),
        ]
    )
    return tokenizer


def _pairs(merges: object, where: str) -> list[tuple[str, str]]:
    if isinstance(merges, Sequence) and not isinstance(merges, str):
        pairs = [tuple(one.split(" ") if isinstance(one, str) else one) for one in merges]
        if all(len(one) == 2 and all(isinstance(half, str) for half in one) for one in pairs):
            return [(one[0], one[1]) for one in pairs]
    raise InputError(f"{where}: expected merges as a list of pairs of tokens")


def from_metadata(text: str, where: str) -> Tokenizer:
    """A tokenizer from checkpoint metadata: a tokenizer.json, or {"vocab", "merges"}."""
    fields = parse_json_object(text, where)
    if "vocab" in fields:
        return from_vocabulary(fields["vocab"], fields.get("merges"), where)
    return from_tokenizer_json(text, where)


def from_folder(folder: Path) -> Tokenizer | None:
    """A tokenizer from a folder: tokenizer.json, or vocab.json and merges.txt; None without."""
    whole, vocab, merges = (
        folder / name for name in ("tokenizer.json", "vocab.json", "merges.txt")
    )
    if vocab.is_file() and merges.is_file():
        lines = _text(merges).splitlines()
        pairs = [line for line in lines if line.strip() and not line.startswith("#version")]
        return from_vocabulary(read_json_object(vocab, VOCABULARY_LIMIT), pairs, str(folder))
    return from_tokenizer_json(_text(whole), str(whole)) if whole.is_file() else None


def find_tokenizer(folders: Iterable[Path]) -> Tokenizer:
    """The tokenizer in the first of these folders that has one."""
    folders = list(folders)
    for folder in folders:
        if (tokenizer := from_folder(folder)) is not None:
            return tokenizer
    raise InputError(
        "the checkpoint needs CLIP's tokenizer, which is not part of its file; put vocab.json and "
        "merges.txt, or tokenizer.json, of openai/clip-vit-large-patch14 into one of: "
        + ", ".join(map(str, folders))
    )


def clip_tokenizer(
    tokenizer: Tokenizer, text_config: Mapping[str, Any], where: str
) -> ClipTokenizer:
    """Fits a tokenizer to a CLIP text encoder.

    Raises InputError where their vocabularies differ in size.
    """
    size, expected = tokenizer.get_vocab_size(), text_config["vocab_size"]
    if size != expected:
        raise InputError(
            f"{where}: expected a tokenizer of {expected} tokens, as many as the text encoder "
            f"knows, got one of {size}"
        )
    if sorted(tokenizer.get_vocab().values()) != list(range(size)):
        raise InputError(f"{where}: expected token ids from 0 to {size - 1}, each once")
    # By name first: the ids in Stable Diffusion's own text encoder configs are wrong.
    start = _id(tokenizer, START, text_config.get("bos_token_id"), where)
    end = _id(tokenizer, END, text_config.get("eos_token_id"), where)
    return ClipTokenizer(tokenizer, text_config["max_position_embeddings"], start, end, pad=end)


def _id(tokenizer: Tokenizer, token: str, fallback: object, where: str) -> int:
    number = tokenizer.token_to_id(token)
    if number is None and type(fallback) is int and tokenizer.id_to_token(fallback) is not None:
        number = fallback
    if number is None:
        raise InputError(f"{where}: expected a tokenizer with {token}, got one without")
    return int(number)


def _text(path: Path) -> str:
    with path.open("rb") as file:
        raw = file.read(VOCABULARY_LIMIT + 1)
    if len(raw) > VOCABULARY_LIMIT:
        raise InputError(f"{path}: expected at most {VOCABULARY_LIMIT} bytes, got more")
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        raise InputError(f"{path}: expected UTF-8") from None
