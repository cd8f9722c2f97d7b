"""The commands `weft serve`, `weft submit` and `weft doctor`. What they do is imported on use."""

from __future__ import annotations

import os
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from weft import RunCommand, RunLine


class LogFormat(StrEnum):
    """How the server writes its log."""

    text = "text"
    json = "json"


class LogLevel(StrEnum):
    """What the server writes down."""

    debug = "debug"
    info = "info"
    warning = "warning"
    error = "error"


DataDir = Annotated[
    Path | None,
    typer.Option(
        "--data-dir", metavar="DIR", envvar="WEFT_DATA_DIR", help="Where the server keeps its data."
    ),
]
Models = Annotated[
    list[Path] | None,
    typer.Option("--models", metavar="DIR", help="Look for models here first. Repeatable."),
]
ConfigFile = Annotated[
    Path | None,
    typer.Option("--config", metavar="FILE", help="Read this config file, not the usual one."),
]


def serve(
    host: Annotated[
        str | None, typer.Option("--host", help="Address to listen on.  [default: 127.0.0.1]")
    ] = None,
    port: Annotated[
        int | None,
        typer.Option(
            "--port", "-p", min=0, max=65535, help="Port; 0 takes a free one.  [default: 8320]"
        ),
    ] = None,
    open_browser: Annotated[
        bool, typer.Option("--open/--no-open", help="Open the browser.")
    ] = False,
    data_dir: DataDir = None,
    pool: Annotated[
        str | None,
        typer.Option(
            "--pool", metavar="NAME", help="What runs the jobs; plugins add more.  [default: local]"
        ),
    ] = None,
    workers: Annotated[
        list[str] | None,
        typer.Option(
            "--workers",
            metavar="DEVICE",
            help="One worker for each device: auto, cpu, cuda:0. Repeatable, or with commas.",
        ),
    ] = None,
    slots: Annotated[
        int | None, typer.Option("--slots", min=1, max=256, help="Jobs at once in one worker.")
    ] = None,
    models: Models = None,
    config: ConfigFile = None,
    token_file: Annotated[
        Path | None,
        typer.Option("--token-file", metavar="FILE", help="The token; or set WEFT_TOKEN."),
    ] = None,
    allow_host: Annotated[
        list[str] | None,
        typer.Option(
            "--allow-host", metavar="NAME", help="A name that browsers reach it by. Repeatable."
        ),
    ] = None,
    log: Annotated[LogFormat | None, typer.Option("--log", help="Form of the log.")] = None,
    log_level: Annotated[
        LogLevel | None, typer.Option("--log-level", help="What is logged.  [default: info]")
    ] = None,
    pause: Annotated[bool, typer.Option("--pause", help="Start with a queue that waits.")] = False,
    safe_mode: Annotated[
        bool, typer.Option("--safe-mode", help="Load no plugin but Weft's own.")
    ] = False,
) -> None:
    """Serve workflows to browsers and programs. Prints the address, with the token, on stdout.

    Ctrl-C or SIGTERM stops it: running jobs stop at a step and are queued again. Once more ends it
    at once. Exits with 0 after that, with 2 where it cannot start.
    """
    from weft_web.configuration import ServeOptions
    from weft_web.serve import serve as start

    if safe_mode:
        os.environ["WEFT_SAFE_MODE"] = "1"  # for the workers as well

    options = ServeOptions(
        host=host,
        port=port,
        data_dir=data_dir,
        pool=pool,
        workers=workers or [],
        slots=slots,
        models=models or [],
        config=config,
        token_file=token_file,
        hosts=allow_host or [],
        log=None if log is None else log.value,
        log_level=None if log_level is None else log_level.value,
        open_browser=open_browser,
        pause=pause,
    )
    raise typer.Exit(start(options))


def doctor(
    data_dir: DataDir = None,
    config: ConfigFile = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")] = False,
) -> None:
    """Look for what keeps this installation from working, and say what to do about it.

    Exits with 1 where something fails.
    """
    from weft_web.doctor import doctor as examine

    raise typer.Exit(examine(data_dir, config, as_json=as_json))


submit = typer.Typer(add_completion=False)


@submit.command("submit", cls=RunCommand, options_metavar="[OPTIONS] [--PARAMETER VALUE]...")
def _submit(
    ctx: typer.Context,
    file: Annotated[
        str,
        typer.Argument(metavar="FILE", help="A .json file, a PNG that carries a workflow, or -."),
    ],
    server: Annotated[
        str | None,
        typer.Option(
            "--server",
            metavar="URL",
            envvar="WEFT_SERVER",
            help="The server.  [default: the one you run on this machine]",
        ),
    ] = None,
    token: Annotated[
        str | None,
        typer.Option(
            "--token",
            envvar="WEFT_TOKEN",
            help="Its token. Others on this machine may see it here; WEFT_TOKEN they do not.",
        ),
    ] = None,
    settings: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="NODE.INPUT=VALUE", help="Set any input. Repeatable."),
    ] = None,
    output_dir: Annotated[
        Path, typer.Option("--output-dir", metavar="DIR", help="Where files are written.")
    ] = Path("output"),
    wait: Annotated[
        bool, typer.Option("--wait/--no-wait", help="Wait for the end; or only print the job's id.")
    ] = True,
    priority: Annotated[
        int, typer.Option("--priority", min=-100, max=100, help="Higher runs first.")
    ] = 0,
    data_dir: DataDir = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print one event a line, as JSON; the last says it all.")
    ] = False,
    quiet: Annotated[
        bool, typer.Option("--quiet", "-q", help="Print errors and outputs only.")
    ] = False,
    verbose: Annotated[
        bool, typer.Option("--verbose", "--traceback", "-v", help="Show tracebacks.")
    ] = False,
) -> None:
    """Run a workflow on a server, as `weft run` does here. Each of its parameters is an option.

    Files that the workflow names are uploaded, outputs are downloaded. Exits with 0 when all was
    done, 1 when a node failed or the server could not be reached, 2 when the workflow or the
    command line is wrong, and 130 when it was interrupted, which cancels the job.
    """
    from weft_web.submit import Options
    from weft_web.submit import submit as send

    options = Options(
        file=file,
        server=server,
        token=token,
        settings=settings or [],
        output_dir=output_dir,
        wait=wait,
        priority=priority,
        data_dir=data_dir,
        json=as_json,
        quiet=quiet,
        verbose=verbose,
    )
    raise typer.Exit(send(options, ctx.find_object(RunLine) or RunLine()))
