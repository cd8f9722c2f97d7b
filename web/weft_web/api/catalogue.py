"""The catalogue of node types as text, made once for as long as it stays the same."""

from __future__ import annotations

import gzip
import hashlib
import json
from dataclasses import asdict, dataclass

from weft import Registry

LEVEL = 6  # of gzip: most of what 9 saves, in a third of the time


@dataclass(frozen=True, slots=True)
class CatalogueText:
    """The catalogue's JSON, the same compressed, and its digest."""

    text: bytes
    packed: bytes
    digest: str

    @classmethod
    def of(cls, registry: Registry) -> CatalogueText:
        """The catalogue of a registry: {"nodes", "kinds", "digest"}."""
        data = {
            "nodes": [one.as_dict() for one in registry.specs()],
            "kinds": [asdict(one) for one in registry.kinds()],
        }
        digest = hashlib.sha256(json.dumps(data, sort_keys=True).encode()).hexdigest()
        text = json.dumps({**data, "digest": digest}, ensure_ascii=False).encode()
        return cls(text, gzip.compress(text, LEVEL, mtime=0), digest)


class ServedCatalogue:
    """The text that clients get now."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry
        self.text = CatalogueText.of(registry)

    def renew(self) -> None:
        """Make it anew: a plugin was left out."""
        self.text = CatalogueText.of(self._registry)
