"""Taking pictures off their background and laying them on another."""

from __future__ import annotations

import torch
from torch import Tensor

from weft_image.pixels import colours, joined, opacity


def cut_out(image: Tensor, selected: Tensor, of_own: bool) -> Tensor:
    """RGBA [B, H, W, 4] that is opaque where selected, and no more than before.

    selected: [B, H, W]. of_own: whether it was made from the pictures' own opacity, which then does
    not count twice. Colours stay as they are, also where they cannot be seen.
    """
    alpha, wanted = opacity(image), selected[..., None]
    colour = colours(image).expand(*image.shape[:3], 3)
    if alpha is not None:
        wanted = torch.minimum(wanted, alpha) if of_own else wanted * alpha
    return joined(colour, wanted)


def over(top: Tensor, bottom: Tensor) -> Tensor:
    """RGBA pictures over others, RGB or RGBA, with straight alpha.

    Porter and Duff, "Compositing Digital Images" (1984), the operator `over`.
    """
    front, back = top[..., 3:], opacity(bottom)
    if back is None:
        return joined(torch.lerp(colours(bottom), colours(top), front), None)
    behind = back * (1 - front)
    alpha = front + behind
    mixed = colours(top) * front + colours(bottom) * behind
    # Under full transparency any colour is right: the one below is as good as any.
    seen = torch.where(alpha > 0, mixed / alpha.clamp(min=1e-12), colours(bottom))
    return joined(seen, alpha)
