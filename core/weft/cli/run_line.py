"""The command line of `weft run FILE`: an option for each parameter of the file."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import typer
from typer.core import TyperCommand

from weft.cli.shell import columns
from weft.suggest import closest

if TYPE_CHECKING:
    from weft.cli.parameters import Parameter
    from weft.registry import Registry
    from weft.workflow import Workflow


@dataclass(slots=True)
class RunLine:
    """What the command line says besides the command's own options.

    given: texts by the name of the parameter.
    workflow, registry: the file's workflow and the node types; None until something needs them.
    """

    given: dict[str, str] = field(default_factory=dict)
    workflow: Workflow | None = None
    registry: Registry | None = None

    def read(self, file: str, settings: Iterable[str] = ()) -> tuple[Workflow, Registry]:
        """The file's workflow with all that the line sets, and the node types.

        settings: each "node.input=value". Raises WorkflowError with every problem of them.
        """
        from weft.cli.documents import read_workflow
        from weft.cli.parameters import with_settings
        from weft.registry import Registry

        self.workflow = self.workflow or read_workflow(file)
        registry = self.registry or Registry.installed()
        return with_settings(self.workflow, registry, self.given, settings), registry


class RunCommand(TyperCommand):
    """A command with a FILE, such as `weft run`: each of the file's parameters is an option.

    They are taken out of the line before typer reads the rest; the command finds them with
    `ctx.find_object(RunLine)`.
    """

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Split the line into the command's own options and the file's."""
        line = ctx.obj = RunLine()
        if not ctx.resilient_parsing:
            args = _Reader(self, ctx, args).read(line)
        return super().parse_args(ctx, args)


class _Reader:
    def __init__(self, command: RunCommand, ctx: Any, args: Sequence[str]) -> None:
        self.ctx = ctx
        self.args = list(args)
        # own option -> whether a value follows
        self.own = {
            name: not getattr(one, "is_flag", False)
            for one in command.params
            if one.param_type_name == "option"
            for name in (*one.opts, *one.secondary_opts)
        }
        self.own["--help"] = False

    def read(self, line: RunLine) -> list[str]:
        """Fill the line; give what is left for typer."""
        file, foreign, wants_help = self._survey()
        if file is None and foreign and not wants_help:
            self.ctx.fail(f"FILE comes first: {self.ctx.command_path} FILE --name value.")
        if file is None or not (foreign or wants_help):
            return self.args
        options = self._options(file, line)
        if wants_help:
            self._help(file, options)
        return self._split(file, options, line)

    def _survey(self) -> tuple[str | None, bool, bool]:
        """FILE, whether there are options that are not Weft's, and whether help is wanted."""
        file, foreign, wants_help = None, False, False
        words = iter(self.args)
        for word in words:
            if word == "--":
                file = file or next(words, None)
                break
            name, equals, _ = word.partition("=")
            if not word.startswith("-") or word == "-":
                file = file or word
            elif name == "--help":
                wants_help = True
            elif name in self.own:
                if self.own[name] and not equals:
                    next(words, None)
            elif word.startswith("--"):
                foreign = True
                if not equals:
                    next(words, None)  # its value; only the file could tell that it has none
        return file, foreign, wants_help

    def _options(self, file: str, line: RunLine) -> dict[str, Parameter]:
        from weft.cli.documents import read_workflow
        from weft.cli.parameters import parameters_of
        from weft.registry import Registry

        line.workflow = read_workflow(file)
        line.registry = Registry.installed()
        return option_names(parameters_of(line.workflow, line.registry), set(self.own))

    def _help(self, file: str, options: dict[str, Parameter]) -> None:
        typer.echo(self.ctx.get_help())
        typer.echo(f"\nParameters of {file}:")
        for row in columns(_help_rows(options), "  ") if options else ["  none"]:
            typer.echo(row)
        raise typer.Exit(0)

    def _split(self, file: str, options: dict[str, Parameter], line: RunLine) -> list[str]:
        rest: list[str] = []
        words = iter(self.args)
        for word in words:
            name, equals, value = word.partition("=")
            if word == "--":
                rest += [word, *words]
            elif not word.startswith("--") or name in self.own:
                rest.append(word)
                if self.own.get(name) and not equals:
                    rest += [one for one in [next(words, None)] if one is not None]
            else:
                parameter, text = self._parameter(name, options, file)
                if text is None:
                    text = value if equals else self._value(name, parameter, words)
                if parameter.name in line.given:
                    self.ctx.fail(f"{name} is given twice.")
                line.given[parameter.name] = text
        return rest

    def _value(self, name: str, parameter: Parameter, words: Iterator[str]) -> str:
        if parameter.is_flag:
            return "true"
        value = next(words, None)
        if value is None:
            self.ctx.fail(f"{name} needs a value: {parameter.expected}.")
        return str(value)

    def _parameter(
        self, name: str, options: dict[str, Parameter], file: str
    ) -> tuple[Parameter, str | None]:
        """The parameter of an option, and its value where the option's name says it."""
        found = options.get(name)
        if found is not None:
            return found, None
        denied = options.get("--" + name.removeprefix("--no-"))
        if denied is not None and denied.is_flag:
            return denied, "false"
        guess = closest(name, [*options, *self.own])
        meant = f" Did you mean {guess}?" if guess else ""
        there = ", ".join(options) if options else "none"
        self.ctx.fail(f"No such option: {name}.{meant} Parameters of {file}: {there}.")
        raise AssertionError("fail raises")


def option_names(parameters: Sequence[Parameter], taken: set[str]) -> dict[str, Parameter]:
    """The parameters by option: the exact name, and with hyphens for underscores and spaces.

    Weft's own options go first, and exact names before changed ones; a parameter that gets no
    option is set with `--set`.
    """
    options: dict[str, Parameter] = {}
    for one in parameters:
        if re.fullmatch(r"[^\s=-][^\s=]*", one.name) and f"--{one.name}" not in taken:
            options[f"--{one.name}"] = one
    changed = {one.name: "--" + re.sub(r"[\s_]+", "-", one.name) for one in parameters}
    counts = Counter(changed.values())
    for one in parameters:
        option = changed[one.name]
        if option not in options and option not in taken and counts[option] == 1:
            options[option] = one
    return {option: one for option, one in options.items() if "=" not in option}


def _help_rows(options: dict[str, Parameter]) -> Iterator[list[str]]:
    names: dict[str, list[str]] = {}
    for option, one in options.items():
        names.setdefault(one.name, []).append(option)
    for one in {each.name: each for each in options.values()}.values():
        about = [one.spec.help] if one.spec is not None and one.spec.help else []
        if one.current:
            about.append(f"[default: {one.current}]")
        yield [", ".join(names[one.name]), one.expected]
        yield from (["", text] for text in [" ".join(about)] if text)
