"""Nodes that turn prompts into conditioning."""

from __future__ import annotations

from typing import Annotated

from weft import Text, node
from weft_nodes.kinds import Conditioning, TextEncoder


@node("text.encode")
def encode(
    text_encoder: TextEncoder, text: Annotated[str, Text(multiline=True)] = ""
) -> Conditioning:
    """Encode a prompt.

    text_encoder: the encoder that belongs to the model.
    text: the prompt; an empty one encodes "nothing in particular".
    """
    return text_encoder.encode([text])
