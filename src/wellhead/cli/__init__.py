"""The command line: parse, call one library function, render its result.

Data goes to stdout, progress and messages to stderr. Exit codes: 0 done and within limits,
1 a limit that the user set is exceeded, 2 usage, 3 bad data, 4 an optional dependency is
missing, 5 the work could not be done (a full disk, a folder that may not be written to, a server
that does not answer), 130 interrupted. Tracebacks appear only with ``--debug``.
"""

from __future__ import annotations

import codecs
import importlib
import io
import os
import re
import sys
from collections import Counter
from collections.abc import Sequence
from typing import Annotated, Any, TextIO

import typer

from wellhead._version import __version__
from wellhead.errors import BadInput, BadSetting, Interrupted, WellheadError

__all__ = ["app", "main"]

app = typer.Typer(
    name="wellhead",
    help="How much of this text did machines write, which documents, and what follows.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

# One file per verb, in the order in which help shows them; each adds itself to `app`.
VERBS: tuple[str, ...] = (
    "demo",
    "assay",
    "audit",
    "plan",
    "plan_study",
    "study",
    "score",
    "detector",
    "corpus",
    "collapse",
    "collapse_run",
    "collapse_list",
    "collapse_report",
    "collapse_theory",
    "collapse_tokenise",
    "forecast",
    "curate",
    "serve",
    "chat",
    "evaluate",
    "generate",
    "lineage",
    "lineage_add",
    "lineage_proof",
    "collect",
    "collect_backup",
    "collect_delete",
    "collect_export",
    "collect_find",
    "collect_import",
    "collect_new",
    "collect_pay",
    "collect_serve",
    "collect_tokens",
    "collect_user",
    "collect_verify",
    "watch",
    "watch_judge",
    "watch_report",
    "watch_serve",
    "watch_stop",
)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"wellhead {__version__}")
        raise typer.Exit


@app.callback()
def root(
    debug: Annotated[
        bool, typer.Option("--debug", envvar="WELLHEAD_DEBUG", help="Show tracebacks.")
    ] = False,
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    """Weigh the origin of text, and tell what follows for training on it."""
    if debug:
        os.environ["WELLHEAD_DEBUG"] = "1"


def main(arguments: list[str] | None = None) -> None:
    """Run the command line and exit; the entry point of the `wellhead` script."""
    given = sys.argv[1:] if arguments is None else arguments
    for verb in _wanted(given):
        importlib.import_module(f"wellhead.cli.{verb}")
    for stream in (sys.stdout, sys.stderr):
        _plain_where_needed(stream)
    command = typer.main.get_command(app)
    _each_option_once(command)
    try:
        command(arguments, standalone_mode=True)
    except WellheadError as error:
        _stop(error, error.exit_code, _with_option(str(error), given))
    except (KeyboardInterrupt, Interrupted) as error:
        _stop(error, Interrupted.exit_code)
    except SystemExit as end:
        # Typer ends a command that the user stopped without a word.
        if end.code == Interrupted.exit_code:
            typer.echo("wellhead: interrupted", err=True)
        raise
    except BrokenPipeError:
        # The reader of a pipe went away (`| head`): that is their right, not an error.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)
    except OSError as error:
        # A full disk, a folder that may not be written to; or a file that is not there.
        place = f"{error.filename}: " if error.filename else ""
        missing = isinstance(error, FileNotFoundError)
        code = BadInput.exit_code if missing else WellheadError.exit_code
        _stop(error, code, f"{place}{error.strerror or error}")


def _wanted(arguments: Sequence[str]) -> tuple[str, ...]:
    """The files of the verb that `arguments` name; all of them where they name none.

    >>> _wanted(["--debug", "collapse", "run"])[:2]
    ('collapse', 'collapse_run')
    """
    named = next((one for one in arguments if not one.startswith("-")), "").replace("-", "_")
    if named not in VERBS:
        return VERBS
    return tuple(verb for verb in VERBS if f"{verb}_".startswith(f"{named}_"))


def _with_option(message: str, arguments: Sequence[str]) -> str:
    """The message under the option that took the value it speaks of, where that is one option.

    >>> _with_option("unknown detector 'x'", ["score", "a.csv", "--detector", "x"])
    "--detector: unknown detector 'x'"
    >>> _with_option("a.csv: no such file", ["score", "a.csv", "--detector=x"])
    'a.csv: no such file'
    >>> _with_option("a width lies between 0 and 1, got 0.0", ["plan", "--width", "0%"])
    '--width: a width lies between 0 and 1, got 0.0'
    """
    options = set()
    for place, one in enumerate(arguments):
        name, equals, value = one.partition("=")
        if not equals:
            value = arguments[place + 1] if place + 1 < len(arguments) else ""
        said = f"(?:{'|'.join(map(re.escape, _as_told(value)))})"
        spoken = rf"['\"“]{said}['\"”]|\bgot {said}(?![\w.])|\A{said}:"
        if name.startswith("--") and value and re.search(spoken, message):
            options.add(name)
    if len(options) != 1 or (option := options.pop()) in message:
        return message
    return f"{option}: {message}"


def _as_told(value: str) -> list[str]:
    """A value as a message may have it: as it was typed, or as the number that it stands for."""
    try:
        number = float(value.removesuffix("%")) / (100 if value.endswith("%") else 1)
    except ValueError:
        return [value]
    return [value, str(number)]


_PLAIN = str.maketrans({"“": '"', "”": '"', "‘": "'", "’": "'", "–": "-", "—": "-", "…": "..."})


def _plain(error: UnicodeError) -> tuple[str, int]:
    """What stands for the characters that a terminal cannot print."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    told = error.object[error.start : error.end].translate(_PLAIN)
    return told.encode("ascii", "replace").decode(), error.end


def _plain_where_needed(stream: TextIO) -> None:
    codecs.register_error("wellhead-plain", _plain)
    if isinstance(stream, io.TextIOWrapper):
        stream.reconfigure(errors="wellhead-plain")


def _each_option_once(command: Any) -> None:
    """An option that takes one value and is given twice is an error, not the last one's luck."""
    for inner in getattr(command, "commands", {}).values():
        _each_option_once(inner)
    parse = command.parse_args

    def once(context: Any, arguments: list[str]) -> Any:
        _, _, order = command.make_parser(context).parse_args(list(arguments))
        for option, times in Counter(order).items():
            if times > 1 and option.param_type_name == "option" and not option.multiple:
                raise BadSetting(f"{option.opts[0]} was given {times} times; give it once.")
        return parse(context, arguments)

    command.parse_args = once


def _stop(error: BaseException, code: int, told: str = "") -> None:
    if os.environ.get("WELLHEAD_DEBUG"):
        raise error
    message = told or str(error) or "interrupted; what was finished is kept"
    typer.echo(f"wellhead: {message}", err=True)
    sys.exit(code)
