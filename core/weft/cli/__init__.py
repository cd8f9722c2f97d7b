"""The `weft` command. What a command does is imported when it runs."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from weft.cli.run_line import RunCommand, RunLine
from weft.cli.shell import INTERRUPTED, Commands, prepare_streams, say

File = Annotated[
    str, typer.Argument(metavar="FILE", help="A .json file, a PNG that carries a workflow, or -.")
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")]
Verbose = Annotated[
    bool, typer.Option("--verbose", "--traceback", "-v", help="Show logs and tracebacks.")
]
Models = Annotated[
    list[Path] | None,
    typer.Option("--models", metavar="DIR", help="Look for models here first. Repeatable."),
]
CacheDir = Annotated[
    Path | None,
    typer.Option("--cache-dir", metavar="DIR", help="Use this cache folder, not WEFT_CACHE_DIR's."),
]

app = typer.Typer(
    name="weft",
    cls=Commands,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    # Boxes are for people: what reads a pipe wants lines that are not wrapped into them.
    rich_markup_mode="rich" if sys.stdout is not None and sys.stdout.isatty() else None,
)
cache_app = typer.Typer(help="Show or clear what is kept between runs.")
app.add_typer(cache_app, name="cache", invoke_without_command=True)
plugin_app = typer.Typer(
    help="Make a plugin, check one, and disable or enable one.", no_args_is_help=True
)
app.add_typer(plugin_app, name="plugin")


def _version(wanted: bool) -> None:
    if wanted:
        from weft import __version__

        typer.echo(f"weft {__version__}")
        raise typer.Exit


def _safe_mode(wanted: bool) -> None:
    if wanted:
        import os

        # In the environment, because processes that this one starts keep to it as well.
        os.environ["WEFT_SAFE_MODE"] = "1"


@app.callback()
def _weft(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version.")
    ] = False,
    safe: Annotated[
        bool,
        typer.Option(
            "--safe-mode",
            callback=_safe_mode,
            is_eager=True,
            help="Load no plugin but Weft's own, as with WEFT_SAFE_MODE=1.",
        ),
    ] = False,
) -> None:
    """Run, check and write workflows."""
    from weft.plugin_state import SAFE_MODE_NOTICE, safe_mode

    if safe_mode():
        say(SAFE_MODE_NOTICE)


@app.command("run", cls=RunCommand, options_metavar="[OPTIONS] [--PARAMETER VALUE]...")
def _run(
    ctx: typer.Context,
    file: File,
    settings: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="NODE.INPUT=VALUE", help="Set any input. Repeatable."),
    ] = None,
    output_dir: Annotated[
        Path, typer.Option("--output-dir", metavar="DIR", help="Where files are written.")
    ] = Path("output"),
    device: Annotated[
        str, typer.Option("--device", metavar="NAME", help="auto, cpu, cuda or cuda:N.")
    ] = "auto",
    models: Models = None,
    cache: Annotated[
        bool,
        typer.Option("--cache/--no-cache", help="Keep results on disk, and use those kept there."),
    ] = True,
    cache_dir: CacheDir = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show what would run, and why. Run nothing.")
    ] = False,
    locked: Annotated[
        bool,
        typer.Option("--locked", help="Run only where all is as `weft lock` wrote it down."),
    ] = False,
    lock: Annotated[
        Path | None,
        typer.Option(
            "--lock", metavar="PATH", help="As --locked, by this lock, not the one beside FILE."
        ),
    ] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print one event a line, as JSON; the last says it all.")
    ] = False,
    quiet: Annotated[
        bool, typer.Option("--quiet", "-q", help="Print errors and outputs only.")
    ] = False,
    verbose: Verbose = False,
) -> None:
    """Run a workflow. Each of its parameters is an option: `weft run FILE --help` lists them.

    Exits with 0 when all was done, 1 when a node failed, 2 when the workflow, its lock or the
    command line is wrong, and 130 when it was interrupted.
    """
    from weft.cli.run import Options, run

    options = Options(
        file=file,
        settings=settings or [],
        output_dir=output_dir,
        device=device,
        models=models or [],
        cache=cache,
        cache_dir=cache_dir,
        dry_run=dry_run,
        locked=locked,
        lock=lock,
        json=as_json,
        quiet=quiet,
        verbose=verbose,
    )
    raise typer.Exit(run(options, ctx.find_object(RunLine) or RunLine()))


@app.command("validate")
def _validate(file: File, models: Models = None, as_json: Json = False) -> None:
    """Say everything that is wrong with a workflow. Runs and imports nothing of it."""
    from weft.cli.documents import validate

    raise typer.Exit(validate(file, models or [], as_json=as_json))


@app.command("nodes")
def _nodes(
    type_id: Annotated[
        str | None, typer.Argument(metavar="[TYPE]", help="One node type, such as image.save.")
    ] = None,
    as_json: Json = False,
    verbose: Verbose = False,
) -> None:
    """List the node types, or show everything about one."""
    from weft.cli.catalogue import show_nodes

    raise typer.Exit(show_nodes(type_id, as_json=as_json, verbose=verbose))


@app.command("plugins")
def _plugins(as_json: Json = False, verbose: Verbose = False) -> None:
    """List the installed plugins: their state, what they bring, and what their import takes.

    A plugin is "ok", "disabled" (by `weft plugin disable`, or in safe mode) or "failed": then
    --verbose shows the traceback. Exits with 1 where one failed.
    """
    from weft.cli.plugins import show_plugins

    raise typer.Exit(show_plugins(as_json=as_json, verbose=verbose))


@app.command("format")
def _format(
    file: File,
    check: Annotated[
        bool, typer.Option("--check", help="Only say, with exit code 1, if it would change.")
    ] = False,
    write: Annotated[bool, typer.Option("--write", "-w", help="Change the file itself.")] = False,
    requires: Annotated[
        bool,
        typer.Option("--requires", help="Also write which distributions the nodes come from."),
    ] = False,
) -> None:
    """Print a workflow in its canonical form."""
    from weft.cli.documents import format_file

    raise typer.Exit(format_file(file, check=check, write=write, requires=requires))


@app.command("lock")
def _lock(
    file: File,
    models: Models = None,
    also: Annotated[
        list[str] | None,
        typer.Option(
            "--also", metavar="FOLDER/NAME", help="Lock a model too that runs may name. Repeatable."
        ),
    ] = None,
    output: Annotated[
        str | None,
        typer.Option("--output", "-o", metavar="PATH", help="Where the lock is; - is stdout."),
    ] = None,
    check: Annotated[
        bool, typer.Option("--check", help="Only say, with exit code 1, what is not as locked.")
    ] = False,
    requirements: Annotated[
        bool, typer.Option("--requirements", help="Print the distributions for `pip install -r`.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Write down exactly what a workflow runs with, for `weft run --locked`.

    FILE's .lock.json holds Python, torch, the distributions, the code of the nodes, the models and
    the input files, each with a digest.
    """
    from weft.cli.lock import Options, lock

    options = Options(
        file,
        models or [],
        also or [],
        output,
        check=check,
        requirements=requirements,
        json=as_json,
    )
    raise typer.Exit(lock(options))


@app.command("schema")
def _schema() -> None:
    """Print the JSON Schema of workflow files."""
    from weft.cli.documents import schema

    schema()


@cache_app.callback()
def _cache(ctx: typer.Context, as_json: Json = False, cache_dir: CacheDir = None) -> None:
    """Show what is kept between runs, and where."""
    if cache_dir is not None:
        import os

        os.environ["WEFT_CACHE_DIR"] = str(cache_dir)
    if ctx.invoked_subcommand is None:
        from weft.cli.cache import show

        show(as_json=as_json)


@cache_app.command("clear")
def _clear(
    everything: Annotated[
        bool, typer.Option("--all", help="Also catalogues, plans and file digests.")
    ] = False,
) -> None:
    """Forget all cached values."""
    from weft.cli.cache import clear

    clear(everything=everything)


PluginName = Annotated[
    str, typer.Argument(metavar="NAME", help="Of a plugin or of its distribution: acme-nodes.")
]


@plugin_app.command("disable")
def _plugin_disable(name: PluginName) -> None:
    """Let a plugin stay out from now on: its nodes, commands and all else it brings.

    It stays installed, and nothing of it is imported. Workflows that need it say how to bring it
    back.
    """
    from weft.cli.plugins import switch

    raise typer.Exit(switch(name, on=False))


@plugin_app.command("enable")
def _plugin_enable(name: PluginName) -> None:
    """Bring a disabled plugin back."""
    from weft.cli.plugins import switch

    raise typer.Exit(switch(name, on=True))


@plugin_app.command("new")
def _plugin_new(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Of the distribution: acme-nodes.")],
    parent: Annotated[
        Path,
        typer.Option("--dir", metavar="DIR", help="The folder to put the project's own folder in."),
    ] = Path(),
    namespace: Annotated[
        str | None,
        typer.Option(
            "--namespace",
            metavar="NAME",
            help="Of its node types: the distribution's name without a leading `weft-`, or a "
            "dash-separated beginning of it.",
        ),
    ] = None,
    author: Annotated[
        str | None, typer.Option("--author", metavar="NAME", help="As `Name` or `Name <address>`.")
    ] = None,
) -> None:
    """Make the project of a plugin: nodes, a kind, tests, an example workflow, CI, licence.

    It installs, tests and builds as it is. Nothing that is there is written over.
    """
    from weft.scaffold.command import new

    raise typer.Exit(new(name, parent, namespace, author))


@plugin_app.command("check")
def _plugin_check(
    path: Annotated[
        str,
        typer.Argument(
            metavar="PATH", help="A project's folder, or the name of an installed distribution."
        ),
    ] = ".",
    as_json: Json = False,
) -> None:
    """Say what a reviewer would say of a plugin: what is wrong, where, and what to do.

    It is imported, its nodes are run on generated inputs and its example workflows as they are, and
    its wheel is built and looked into: all in processes of their own. Exits with 0 when nothing
    failed, 1 when a check failed, 2 when there is no plugin to check.
    """
    from weft.plugin_check.command import check

    raise typer.Exit(check(path, as_json=as_json))


def main() -> None:
    """The entry point of the `weft` command."""
    prepare_streams()
    try:
        app(prog_name="weft")
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)
