"""`weft doctor`: what keeps an installation from working, and what to do about it."""

from __future__ import annotations

from weft_web.doctor.examine import doctor

__all__ = ["doctor"]
