"""Saved workflows: every save is a revision, and nobody's work is overwritten unseen."""

from __future__ import annotations

import asyncio
import builtins
import json
import sqlite3
from dataclasses import dataclass
from typing import Any, Final

from weft_web.errors import ApiError, conflict, not_found
from weft_web.store.database import Database
from weft_web.store.records import RevisionRow, WorkflowRow
from weft_web.store.rows import is_text
from weft_web.store.transaction import Transaction

_ROW: Final = (
    "SELECT workflow.name, revision.revision, revision.saved, workflow.created, revision.nodes,"
    " revision.parameters FROM workflow JOIN revision ON revision.workflow = workflow.number"
)
_PICTURES: Final = ("image/png", "image/jpeg", "image/webp", "image/gif")
# Looked for in the last jobs only: one that makes no pictures may have run very often.
_LAST_PICTURE: Final = (
    "SELECT workflow.name, (SELECT output.sha FROM job JOIN output ON output.job = job.seq"
    " WHERE job.seq IN (SELECT seq FROM job WHERE workflow_name = workflow.name"
    " ORDER BY seq DESC LIMIT 20) AND job.created >= workflow.created"
    f" AND output.sha IS NOT NULL AND output.mime IN {_PICTURES}"
    " ORDER BY job.seq DESC, output.place LIMIT 1) FROM workflow"
)
_NEWEST: Final = f"{_ROW} AND revision.revision = workflow.revision"


@dataclass(frozen=True, slots=True)
class _About:
    """What a save notes of the text."""

    text: str
    bytes: int
    nodes: int
    parameters: str


def _about(text: str) -> _About:
    data = json.loads(text)
    nodes = data.get("nodes")
    parameters = data.get("parameters")
    return _About(
        text,
        len(text.encode()),
        len(nodes) if isinstance(nodes, dict) else 0,
        json.dumps(list(parameters) if isinstance(parameters, dict) else []),
    )


def _row(values: Any) -> WorkflowRow:
    name, revision, saved, created, nodes, parameters = values
    return WorkflowRow(name, revision, saved, created, nodes, tuple(json.loads(parameters)))


def _newest(connection: sqlite3.Connection, name: str) -> tuple[int, WorkflowRow, str] | None:
    """A workflow's number, its newest row, and its text."""
    values = connection.execute(
        f"{_NEWEST} WHERE workflow.name = ?".replace(
            " FROM workflow", ", workflow.number, revision.graph FROM workflow", 1
        ),
        (name,),
    ).fetchone()
    if values is None:
        return None
    *row, number, graph = values
    text = connection.execute("SELECT text FROM graph WHERE number = ?", (graph,)).fetchone()[0]
    return number, _row(row), text


def _conflict(name: str, base: int, newest: WorkflowRow, text: str) -> ApiError:
    return conflict(
        f"workflow {name!r} is at revision {newest.revision}, and this was made from {base}: "
        "somebody saved it meanwhile",
        revision=newest.revision,
        workflow=json.loads(text),
    )


class Workflows:
    """The saved workflows."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def list(self) -> list[WorkflowRow]:
        """All, by name, at their newest revisions."""

        def call(connection: sqlite3.Connection) -> list[WorkflowRow]:
            return [_row(one) for one in connection.execute(f"{_NEWEST} ORDER BY workflow.name")]

        return await self._database.read(call)

    async def pictures(self) -> dict[str, str]:
        """The digest of the last picture that a job of each workflow made, by name."""

        def call(connection: sqlite3.Connection) -> dict[str, str]:
            return {name: sha.hex() for name, sha in connection.execute(_LAST_PICTURE) if sha}

        return await self._database.read(call)

    async def read(
        self, name: str, revision: int | None = None
    ) -> tuple[WorkflowRow, dict[str, Any]]:
        """A workflow's row at a revision (the newest where None) and its content. 404."""

        def call(connection: sqlite3.Connection) -> tuple[WorkflowRow, dict[str, Any]]:
            if not is_text(name):
                raise not_found("workflow", ascii(name))
            if revision is None:
                newest = _newest(connection, name)
                if newest is None:
                    raise not_found("workflow", name)
                return newest[1], json.loads(newest[2])
            values = connection.execute(
                f"{_ROW} JOIN graph ON graph.number = revision.graph"
                " WHERE workflow.name = ? AND revision.revision = ?".replace(
                    "revision.parameters FROM", "revision.parameters, graph.text FROM", 1
                ),
                (name, revision),
            ).fetchone()
            if values is None:
                raise not_found("workflow", f"{name} at revision {revision}")
            return _row(values[:-1]), json.loads(values[-1])

        return await self._database.read(call)

    async def save(
        self, name: str, text: str, revision: int, message: str | None = None
    ) -> WorkflowRow:
        """Save a workflow that was made from `revision` (0: a new name).

        text: the document as JSON. The same text as the newest revision's changes nothing, so a
        save may be repeated. Raises ApiError 409 where `revision` is not the newest, with
        `more` = {revision, workflow} of the newest, and nothing is written.
        """
        if not is_text(name, text, message):
            raise ApiError(400, "invalid_text", "the texts hold half a surrogate pair")
        about = await asyncio.to_thread(_about, text)

        def call(transaction: Transaction) -> WorkflowRow:
            newest = _newest(transaction.connection, name)
            if newest is None:
                if revision != 0:
                    raise conflict(
                        f"there is no workflow {name!r} any more, and this was made from its "
                        f"revision {revision}",
                        revision=0,
                        workflow=None,
                    )
                number = transaction.execute(
                    "INSERT INTO workflow (name, created, revision) VALUES (?, ?, 0)",
                    (name, transaction.now),
                ).lastrowid
            else:
                number, row, before = newest
                if before == text:
                    return row
                if row.revision != revision:
                    raise _conflict(name, revision, row, before)
            transaction.execute(
                "UPDATE workflow SET revision = ? WHERE number = ?", (revision + 1, number)
            )
            transaction.execute(
                "INSERT INTO revision (workflow, revision, graph, saved, bytes, nodes, parameters,"
                " message) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    number, revision + 1, transaction.graph(text), transaction.now, about.bytes,
                    about.nodes, about.parameters, message,
                ),
            )  # fmt: skip
            saved = _newest(transaction.connection, name)
            assert saved is not None
            return saved[1]

        answer: WorkflowRow = await self._database.write("save", call)
        return answer

    async def rename(self, name: str, new: str, revision: int) -> WorkflowRow:
        """Give a workflow another name. 404; 409 if the name is taken or the revision is old."""
        if not is_text(name, new):
            raise ApiError(400, "invalid_text", "the names hold half a surrogate pair")

        def call(transaction: Transaction) -> WorkflowRow:
            number = self._at(transaction, name, revision)
            if new != name and _newest(transaction.connection, new) is not None:
                raise conflict(f"there is a workflow {new!r} already")
            transaction.execute("UPDATE workflow SET name = ? WHERE number = ?", (new, number))
            renamed = _newest(transaction.connection, new)
            assert renamed is not None
            return renamed[1]

        answer: WorkflowRow = await self._database.write("rename", call)
        return answer

    async def delete(self, name: str, revision: int | None = None) -> None:
        """Delete a workflow with its history. 404; 409 where `revision` is given and is old."""

        def call(transaction: Transaction) -> None:
            number = self._at(transaction, name, revision)
            transaction.execute("DELETE FROM workflow WHERE number = ?", (number,))

        await self._database.write("remove", call)

    @staticmethod
    def _at(transaction: Transaction, name: str, revision: int | None) -> int:
        """The number of a workflow that is at this revision."""
        newest = _newest(transaction.connection, name) if is_text(name) else None
        if newest is None:
            raise not_found("workflow", name)
        number, row, text = newest
        if revision is not None and row.revision != revision:
            raise _conflict(name, revision, row, text)
        return number

    async def history(self, name: str) -> builtins.list[RevisionRow]:
        """A workflow's revisions, newest first. 404."""

        def call(connection: sqlite3.Connection) -> builtins.list[tuple[Any, ...]]:
            if not is_text(name):
                return []
            return connection.execute(
                "SELECT revision.revision, graph.sha, revision.saved, revision.bytes,"
                " revision.nodes, revision.message FROM workflow"
                " JOIN revision ON revision.workflow = workflow.number"
                " JOIN graph ON graph.number = revision.graph"
                " WHERE workflow.name = ? ORDER BY revision.revision DESC",
                (name,),
            ).fetchall()

        found = await self._database.read(call)
        if not found:
            raise not_found("workflow", name)
        return [RevisionRow(one[0], one[1].hex(), *one[2:]) for one in found]
