"""The rows of uploaded files."""

from __future__ import annotations

import builtins
import sqlite3
from typing import Any, Final

from weft_web.errors import ApiError, not_found
from weft_web.store.database import Database
from weft_web.store.records import UploadRow
from weft_web.store.rows import is_text
from weft_web.store.transaction import Transaction

_ROW: Final = "SELECT name, sha, bytes, mime, created FROM upload"


def over_quota(quota: int) -> ApiError:
    """507: no room in what uploads may take."""
    return ApiError(
        507, "quota", f"all uploads together may have {quota:,} bytes; delete some first"
    )


def _row(values: Any) -> UploadRow:
    name, sha, size, mime, created = values
    return UploadRow(name, sha.hex(), size, mime, created)


class Uploads:
    """The rows of the uploaded files."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(
        self, name: str, sha256: str, bytes: int, mime: str, *, quota: int | None = None
    ) -> UploadRow:
        """Note a file; one of the same name is replaced.

        Raises ApiError 507 where all uploads together would have more than `quota` bytes.
        """
        if not is_text(name, mime):
            raise ApiError(400, "invalid_text", "the name holds half a surrogate pair")

        def call(transaction: Transaction) -> UploadRow:
            if quota is not None:
                others: int = transaction.one(
                    "SELECT coalesce(sum(bytes), 0) FROM upload WHERE name <> ?", (name,)
                )[0]
                if others + bytes > quota:
                    raise over_quota(quota)
            transaction.execute(
                "INSERT INTO upload (name, sha, bytes, mime, created) VALUES (?, ?, ?, ?, ?)"
                " ON CONFLICT (name) DO UPDATE SET sha = excluded.sha, bytes = excluded.bytes,"
                " mime = excluded.mime, created = excluded.created",
                (name, builtins.bytes.fromhex(sha256), bytes, mime, transaction.now),
            )
            return UploadRow(name, sha256, bytes, mime, transaction.now)

        answer: UploadRow = await self._database.write("upload", call)
        return answer

    async def list(self) -> list[UploadRow]:
        """All, newest first."""

        def call(connection: sqlite3.Connection) -> builtins.list[UploadRow]:
            return [_row(one) for one in connection.execute(f"{_ROW} ORDER BY created DESC, name")]

        return await self._database.read(call)

    async def used(self) -> int:
        """The bytes of all together."""

        def call(connection: sqlite3.Connection) -> int:
            return int(
                connection.execute("SELECT coalesce(sum(bytes), 0) FROM upload").fetchone()[0]
            )

        return await self._database.read(call)

    async def get(self, name: str) -> UploadRow | None:
        """One, or None."""

        def call(connection: sqlite3.Connection) -> UploadRow | None:
            values = None
            if is_text(name):
                values = connection.execute(f"{_ROW} WHERE name = ?", (name,)).fetchone()
            return _row(values) if values else None

        return await self._database.read(call)

    async def delete(self, name: str) -> None:
        """Forget one; its bytes are not touched. 404."""

        def call(transaction: Transaction) -> None:
            if not is_text(name):
                raise not_found("upload", ascii(name))
            sql = "DELETE FROM upload WHERE name = ?"
            if transaction.execute(sql, (name,)).rowcount == 0:
                raise not_found("upload", name)

        await self._database.write("forget", call)
