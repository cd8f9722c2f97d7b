"""Weft's own samplers and schedules, by name, as they are offered."""

from __future__ import annotations

from weft import offered
from weft_nodes.sampling.samplers import SamplerInfo
from weft_nodes.sampling.schedules import ScheduleInfo

SAMPLERS = {
    name: one.load(SamplerInfo)
    for name, one in offered("samplers").items()
    if one.distribution == "weft"
}
SCHEDULES = {
    name: one.load(ScheduleInfo)
    for name, one in offered("schedules").items()
    if one.distribution == "weft"
}
