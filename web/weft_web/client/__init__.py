"""The Python client: `Client` for asyncio, `SyncClient` for everything else."""

from __future__ import annotations

from weft_web.client.client import Client
from weft_web.client.errors import ClientError, OutputError, RefusedError, UnreachableError
from weft_web.client.sync import SyncClient

__all__ = [
    "Client",
    "ClientError",
    "OutputError",
    "RefusedError",
    "SyncClient",
    "UnreachableError",
]
