"""The database's tables, as numbered steps. `PRAGMA user_version` says how many were taken."""

from __future__ import annotations

import sqlite3
from typing import Final

from weft import InputError

# Never change a step that was released: add the next one.
# Jobs are known outside by `id` and inside by `seq`, which keeps events and indexes small.
# A graph's text is stored once, however many jobs and revisions have it.
_FIRST: Final = """
CREATE TABLE boot (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    boot TEXT NOT NULL,
    started REAL NOT NULL,
    closed REAL,
    unclean INTEGER NOT NULL
) STRICT;

CREATE TABLE graph (
    number INTEGER PRIMARY KEY,
    sha BLOB NOT NULL UNIQUE,
    text TEXT NOT NULL
) STRICT;

CREATE TABLE job (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    state TEXT NOT NULL CHECK (
        state IN ('queued', 'running', 'done', 'failed', 'cancelled', 'quarantined')
    ),
    priority INTEGER NOT NULL,
    position REAL NOT NULL,
    created REAL NOT NULL,
    started REAL,
    finished REAL,
    run INTEGER NOT NULL DEFAULT 0,
    attempts INTEGER NOT NULL DEFAULT 0,
    owner INTEGER,  -- the start that runs it
    cancel_wanted INTEGER NOT NULL DEFAULT 0,
    deadline_s REAL,
    webhook TEXT,
    label TEXT,
    workflow_name TEXT,
    device TEXT,
    error TEXT,
    nodes TEXT,
    graph INTEGER NOT NULL REFERENCES graph,
    parameters TEXT,
    targets TEXT,
    idem_key TEXT,
    idem_digest BLOB,
    CHECK ((state = 'running') = (owner IS NOT NULL))
) STRICT;
CREATE INDEX job_queue ON job (priority DESC, position) WHERE state = 'queued';
CREATE INDEX job_running ON job (owner) WHERE state = 'running';
CREATE INDEX job_state ON job (state);
CREATE INDEX job_graph ON job (graph);
CREATE UNIQUE INDEX job_idem ON job (idem_key) WHERE idem_key IS NOT NULL;

-- job is NULL once the job was deleted; `gone` then keeps its id.
CREATE TABLE event (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    job INTEGER REFERENCES job ON DELETE CASCADE,
    time REAL NOT NULL,
    event TEXT NOT NULL,
    data TEXT,
    gone TEXT,
    CHECK ((job IS NULL) = (gone IS NOT NULL))
) STRICT;
CREATE INDEX event_job ON event (job);
CREATE INDEX event_gone ON event (gone) WHERE gone IS NOT NULL;

CREATE TABLE output (
    job INTEGER NOT NULL REFERENCES job ON DELETE CASCADE,
    place INTEGER NOT NULL,
    node TEXT NOT NULL,
    idx INTEGER NOT NULL,
    item TEXT NOT NULL,
    name TEXT,
    mime TEXT,
    sha BLOB,
    bytes INTEGER,
    PRIMARY KEY (job, place)
) STRICT, WITHOUT ROWID;
CREATE INDEX output_sha ON output (sha) WHERE sha IS NOT NULL;

CREATE TABLE workflow (
    number INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    created REAL NOT NULL,
    revision INTEGER NOT NULL
) STRICT;
CREATE TABLE revision (
    workflow INTEGER NOT NULL REFERENCES workflow ON DELETE CASCADE,
    revision INTEGER NOT NULL,
    graph INTEGER NOT NULL REFERENCES graph,
    saved REAL NOT NULL,
    bytes INTEGER NOT NULL,
    nodes INTEGER NOT NULL,
    parameters TEXT NOT NULL,
    message TEXT,
    PRIMARY KEY (workflow, revision)
) STRICT, WITHOUT ROWID;
CREATE INDEX revision_graph ON revision (graph);

CREATE TABLE upload (
    name TEXT PRIMARY KEY,
    sha BLOB NOT NULL,
    bytes INTEGER NOT NULL,
    mime TEXT NOT NULL,
    created REAL NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX upload_sha ON upload (sha);
"""

# What became of webhooks: see webhooks.py.
_WEBHOOKS: Final = """
CREATE TABLE webhook (
    job INTEGER PRIMARY KEY REFERENCES job ON DELETE CASCADE,
    event INTEGER NOT NULL,
    tries INTEGER NOT NULL,
    due REAL,
    error TEXT
) STRICT;
CREATE INDEX job_webhook ON job (seq) WHERE webhook IS NOT NULL;
"""

# The jobs of one saved workflow.
_JOBS_OF_WORKFLOWS: Final = """
CREATE INDEX job_workflow ON job (workflow_name, seq) WHERE workflow_name IS NOT NULL;
"""

STEPS: Final = (_FIRST, _WEBHOOKS, _JOBS_OF_WORKFLOWS)


def migrate(connection: sqlite3.Connection) -> None:
    """Take the steps that are missing, each in a transaction.

    Raises InputError for a database of a newer version: writing to it could harm it.
    """
    known: int = connection.execute("PRAGMA user_version").fetchone()[0]
    if known > len(STEPS):
        raise InputError(
            f"the database has version {known}, and this version of weft knows up to "
            f"{len(STEPS)}: it was written by a newer weft; install that one"
        )
    for number, step in enumerate(STEPS[known:], known + 1):
        script = f"BEGIN IMMEDIATE;\n{step}\nPRAGMA user_version = {number};\nCOMMIT;"
        try:
            connection.executescript(script)
        except BaseException:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise
