"""What the tests of the nodes share: some import transformers themselves, before Weft does."""

from __future__ import annotations

from weft_nodes.models.libraries import hide_broken_torchvision

hide_broken_torchvision()
