"""The command `weft stats`. What it does is imported on use."""

from __future__ import annotations

from typing import Annotated

import typer

from weft_stats.counts import KEPT_DAYS


def stats(
    days: Annotated[
        int, typer.Option("--days", min=1, max=KEPT_DAYS, help="How many days, today included.")
    ] = 7,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")] = False,
    clear: Annotated[bool, typer.Option("--clear", help="Forget everything that is kept.")] = False,
) -> None:
    """Show what took the time in the last days, what came from the cache, and what failed.

    Every run is counted, of `weft run` and of the server. Exits with 2 where the statistics cannot
    be read.
    """
    if clear:
        from weft_stats.store import clear as clear_all
        from weft_stats.store import default_path

        clear_all(default_path())
        typer.echo("the statistics begin anew")
        return
    from weft_stats.summary import summary

    found = summary(days)
    if as_json:
        typer.echo(found.model_dump_json(indent=2))
        return
    from weft_stats.report import report

    typer.echo("\n".join(report(found)))
