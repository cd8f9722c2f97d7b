"""What a test of a plugin needs: run a node or a workflow in three lines, and say what came out.

    from weft.testing import run_node
    from acme_nodes.nodes import fade
    assert run_node(fade, image=picture, amount=1.0).mean() == 0.5

Needs no pytest, and imports torch only when a tensor is made. Functions that assert raise
AssertionError, with a message that says what differs and where.
"""

from __future__ import annotations

from weft.testing.clock import FakeClock
from weft.testing.context import RecordedContext
from weft.testing.device import FakeDevice
from weft.testing.images import assert_image, assert_images_close, picture
from weft.testing.laws import assert_deterministic, assert_pure
from weft.testing.running import node_registry, run_node, run_workflow

__all__ = [
    "FakeClock",
    "FakeDevice",
    "RecordedContext",
    "assert_deterministic",
    "assert_image",
    "assert_images_close",
    "assert_pure",
    "node_registry",
    "picture",
    "run_node",
    "run_workflow",
]
