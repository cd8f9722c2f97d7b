"""Ids of jobs."""

from __future__ import annotations

import secrets
import time
import uuid
from random import Random

# Ids are no secrets, only never the same: seeded once, since asking the system each time costs
# more than all the rest of an id.
_chance = Random(secrets.randbits(256))


def new_id() -> str:
    """A UUID of version 7: the time first, so that ids sort as they were made; then chance."""
    value = (time.time_ns() // 1_000_000) << 80 | _chance.getrandbits(80)
    value = value & ~(0xF << 76) | 0x7 << 76
    value = value & ~(0x3 << 62) | 0x2 << 62
    return str(uuid.UUID(int=value))
