"""Which webhooks are still to be called, so that a restart forgets none.

Nothing is written for a webhook that is due: a job that has ended and has one is due until a row
here says of its newest event that it was told, or that nobody tries any more. A retried job ends
again, with a newer event, and is told again.
"""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from typing import Final

from weft_web.store.database import Database
from weft_web.store.transaction import Transaction

# The plus sign keeps the index of states out of this: few jobs have a webhook, most have ended.
_DUE: Final = """
SELECT job.id, coalesce(webhook.tries, 0), coalesce(webhook.due, 0), webhook.event, webhook.due,
    (SELECT max(number) FROM event WHERE event.job = job.seq)
FROM job LEFT JOIN webhook ON webhook.job = job.seq
WHERE job.webhook IS NOT NULL AND +state IN ('done', 'failed', 'cancelled', 'quarantined')
ORDER BY job.seq
"""


@dataclass(frozen=True, slots=True)
class DueWebhook:
    """A webhook to be called, at the time `due`, after `tries` calls that failed."""

    job: str
    tries: int
    due: float


class Webhooks:
    """The rows of webhooks."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def pending(self) -> list[DueWebhook]:
        """What is still to be called, in the order of the jobs."""

        def call(connection: sqlite3.Connection) -> list[DueWebhook]:
            found = []
            for id_, tries, due, told, again, newest in connection.execute(_DUE):
                if told is None or told < (newest or 0):
                    found.append(DueWebhook(id_, 0, 0.0))
                elif again is not None:
                    found.append(DueWebhook(id_, tries, due))
            return found

        return await self._database.read(call)

    async def note(
        self, job: str, event: int, tries: int, due: float | None, error: str | None
    ) -> None:
        """What came of a call. event: the job's newest when it was told; due: when to try again,
        None where it was told, or where nobody tries any more (then there is an `error`)."""

        def call(transaction: Transaction) -> None:
            transaction.execute(
                "INSERT INTO webhook (job, event, tries, due, error)"
                " SELECT seq, ?, ?, ?, ? FROM job WHERE id = ?"
                " ON CONFLICT (job) DO UPDATE SET event = excluded.event, tries = excluded.tries,"
                " due = excluded.due, error = excluded.error",
                (event, tries, due, error, job),
            )

        await self._database.write("webhook", call)
