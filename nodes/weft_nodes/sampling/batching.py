"""Answering model calls, in as few network calls as possible."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from weft import InputError
from weft_nodes.kinds import Conditioning, ModelCall
from weft_nodes.sampling.prediction import denoise, place

_REMEMBERED = 8


class Answerer:
    """Answers the model calls of a run.

    Calls of one model whose states and prompts have the same shape become one network call, so the
    two halves of classifier-free guidance cost one call of twice the batch. Prompts are expanded,
    joined, cast and moved once, not at every step.
    """

    def __init__(self) -> None:
        # The calls are kept with the result, so that no id can come to mean another object.
        self._joined: dict[tuple[int, ...], tuple[Sequence[ModelCall], Conditioning]] = {}

    def answer(self, calls: Sequence[ModelCall]) -> list[Tensor]:
        """The x0 estimates, in the order of the calls."""
        answers: dict[int, Tensor] = {}
        for members in _groups(calls):
            group = [calls[index] for index in members]
            first = group[0]
            x = first.x if len(group) == 1 else torch.cat([call.x for call in group])
            sigma: float | list[float] = first.sigma
            if any(call.sigma != first.sigma for call in group):
                sigma = [call.sigma for call in group for _ in range(call.x.shape[0])]
            x0 = denoise(first.model, x, sigma, self._conditioning(group))
            answers.update(zip(members, x0.chunk(len(group)), strict=True))
        return [answers[index] for index in range(len(calls))]

    def _conditioning(self, group: Sequence[ModelCall]) -> Conditioning:
        """The prompts of a group, joined along the batch."""
        model, batch = group[0].model, group[0].x.shape[0]
        parts = [call.conditioning for call in group]
        key = (id(model), batch, *map(id, parts))
        if key not in self._joined:
            if len(self._joined) >= _REMEMBERED:
                self._joined.clear()
            pooled = [_expand(part.pooled, batch) for part in parts if part.pooled is not None]
            joined = Conditioning(
                torch.cat([_expand(part.embeddings, batch) for part in parts]),
                torch.cat(pooled) if pooled else None,
            )
            self._joined[key] = (group, place(joined, model))
        return self._joined[key][1]


def _expand(tensor: Tensor, batch: int) -> Tensor:
    """A prompt tensor of batch 1 or `batch`, in batch `batch`."""
    if tensor.shape[0] == batch:
        return tensor
    if tensor.shape[0] != 1:
        raise InputError(
            f"the conditioning holds {tensor.shape[0]} prompts for a batch of {batch} latents; "
            "expected 1, or as many prompts as latents"
        )
    return tensor.expand(batch, *tensor.shape[1:])


def _groups(calls: Sequence[ModelCall]) -> list[list[int]]:
    """The indices of calls that can be answered together."""
    groups: dict[tuple[object, ...], list[int]] = {}
    for index, call in enumerate(calls):
        pooled = call.conditioning.pooled
        key = (
            id(call.model),
            call.x.shape,
            call.x.dtype,
            call.conditioning.embeddings.shape[1:],
            None if pooled is None else pooled.shape[1:],
        )
        groups.setdefault(key, []).append(index)
    return list(groups.values())
