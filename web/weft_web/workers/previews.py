"""Pictures of unfinished work: rendered and encoded in the worker, only while someone looks."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable
from io import BytesIO
from typing import Any

Render = Callable[[], Any]
EVERY = 0.125  # seconds between two pictures of one job
LARGEST, SMALLEST = 512, 128  # the longer side in pixels
QUALITY = 75


class Previews:
    """Renders what is offered on a thread of its own; of several the newest.

    send: called on that thread with {"number", "node", "mime"} and the picture.
    """

    def __init__(self, send: Callable[[dict[str, Any], bytes], None]) -> None:
        self._send = send
        self._changed = threading.Condition()
        self._newest: dict[int, tuple[str, Render]] = {}
        self._wanted: set[int] = set()
        self._shown: dict[int, float] = {}
        self._thread: threading.Thread | None = None

    def offer(self, number: int, node: str, render: Render, watched: bool) -> None:
        """A new picture of an attempt; the one before is outdated."""
        with self._changed:
            self._newest[number] = (node, render)
            if watched:
                self._want(number)

    def show(self, number: int) -> None:
        """Someone began to look: show the newest picture at once."""
        with self._changed:
            if number in self._newest:
                self._want(number)

    def forget(self, number: int) -> None:
        """The attempt is over."""
        with self._changed:
            self._newest.pop(number, None)
            self._shown.pop(number, None)
            self._wanted.discard(number)

    def _want(self, number: int) -> None:
        self._wanted.add(number)
        if self._thread is None:
            self._thread = threading.Thread(target=self._work, name="weft-previews", daemon=True)
            self._thread.start()
        self._changed.notify()

    def _work(self) -> None:
        while True:
            number, node, render = self._next()
            # A picture more or less is no reason to fail anything, nor to send none any more.
            with contextlib.suppress(Exception):
                picture = encoded(render())
                if picture is not None:
                    self._send({"number": number, "node": node, "mime": picture[0]}, picture[1])

    def _next(self) -> tuple[int, str, Render]:
        with self._changed:
            while True:
                now = time.monotonic()
                waits = [self._shown.get(one, 0.0) + EVERY - now for one in self._wanted]
                if waits and min(waits) <= 0:
                    number = next(
                        one for one in self._wanted if self._shown.get(one, 0.0) + EVERY <= now
                    )
                    self._wanted.discard(number)
                    self._shown[number] = now
                    return number, *self._newest[number]
                self._changed.wait(min(waits) if waits else None)


def encoded(image: Any) -> tuple[str, bytes] | None:
    """An image tensor [H, W, 3] in 0..1 as a small WebP or JPEG file; None for an outdated one."""
    if image is None:
        return None
    from PIL import Image, features

    pixels = image.detach().float().nan_to_num(0).clamp(0, 1).mul(255).round().byte()
    picture = Image.fromarray(pixels.cpu().numpy(), "RGB")
    longest = max(picture.size)
    wanted = min(max(longest, SMALLEST), LARGEST)
    if wanted != longest:
        width, height = (max(1, round(side * wanted / longest)) for side in picture.size)
        picture = picture.resize((width, height), Image.Resampling.BICUBIC)
    buffer = BytesIO()
    if features.check("webp"):
        picture.save(buffer, "WEBP", quality=QUALITY, method=0)
        return "image/webp", buffer.getvalue()
    picture.save(buffer, "JPEG", quality=QUALITY)
    return "image/jpeg", buffer.getvalue()
