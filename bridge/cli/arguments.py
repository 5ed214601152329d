"""The words of the command line: commands, their flags, and one line for a slip."""

from __future__ import annotations

import argparse
import json
import math
import os
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    # It has no public name.
    Commands = argparse._SubParsersAction["_Parser"]  # noqa: SLF001

_LAST_PORT = 65535
_EXIT = (
    "exit status: 0 all held, 1 something failed, 2 usage, 3 missing engine, 4 internal error, "
    "124 deadline, 130 interrupted, 143 terminated"
)


class _Parser(argparse.ArgumentParser):
    """A parser that says what is wrong in one line, as every other error of ours."""

    def parse_known_args(  # type: ignore[override]  # argparse has overloads for other namespaces
        self, args: Sequence[str] | None = None, namespace: argparse.Namespace | None = None
    ) -> tuple[argparse.Namespace, list[str]]:
        """Refuse what is unknown under the command that does not know it, and not at the top."""
        found, unknown = super().parse_known_args(args, namespace)
        if unknown:
            self.error(f"unrecognized arguments: {' '.join(unknown)}")
        return found, unknown

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"minibridge: {message} (see {self.prog} --help)\n")


def parser() -> argparse.ArgumentParser:
    """Return the parser of the whole command line."""
    top = _Parser(
        prog="minibridge",
        description="Mini-program hosts, emulated: real uploads, answered as each host answers.",
        epilog=_EXIT,
    )
    version = f"minibridge {metadata.version('minibridge')}"
    top.add_argument("--version", action="version", version=version)
    commands = top.add_subparsers(metavar="COMMAND", required=True)
    for add in (
        _upload,
        _run,
        _check,
        _probe,
        _compare,
        _targets,
        _doctor,
        _sink,
        _serve,
        _exec,
        _matrix,
        _report,
        _sweep,
    ):
        add(commands)
    return top


def _command(
    commands: Commands,
    name: str,
    module: str,
    summary: str,
    as_json: str = "print JSON, and nothing else, on stdout",
) -> argparse.ArgumentParser:
    added = commands.add_parser(name, help=summary, description=summary, epilog=_EXIT)
    added.set_defaults(module=f"bridge.cli.{module}")
    added.add_argument("--json", action="store_true", help=as_json)
    added.add_argument("--no-color", action="store_true", help="plain text; so does NO_COLOR")
    return added


def _upload(commands: Commands) -> None:
    it = _command(commands, "upload", "upload", "Upload a file on one or many targets.")
    it.add_argument("file", metavar="FILE", type=Path, help="the file that is picked and sent")
    _targeting(it)
    _network(it)
    it.add_argument(
        "--to",
        metavar="URL",
        help="where to upload, which permits that origin; default: the embedded server",
    )
    it.add_argument("--name", default="file", help="the form field of the file (default: file)")
    it.add_argument("--file-type", metavar="T", help="Alipay's fileType (default: by FILE's name)")
    repeatable(it, "--form", "K=V", pair, "one more form field")
    repeatable(it, "--header", "K=V", pair, "one more request header")
    it.add_argument("--timeout", metavar="MS", type=_number, help="the timeout in milliseconds")
    repeatable(it, "--option", "K=JSON", json_pair, "any other option of uploadFile")
    it.add_argument("--trace", metavar="FILE", type=Path, help="append a record of each call")


def _run(commands: Commands) -> None:
    it = _command(
        commands, "run", "run", "Run a mini-program's own JavaScript on one or many targets."
    )
    it.add_argument("file", metavar="FILE.js", type=Path, help="the logic file that is run")
    _targeting(it)
    _network(it)
    _running(it)
    it.add_argument("--trace", metavar="FILE", type=Path, help="append a record of each call")
    _showing(it)


def _check(commands: Commands) -> None:
    it = _command(commands, "check", "check", "Check hosts by the conformance cases.")
    it.add_argument(
        "cases",
        metavar="CASE",
        nargs="*",
        help="ids or patterns of cases, or case files and folders (default: every case)",
    )
    _targeting(it, "all")
    it.add_argument(
        "--engine",
        choices=("python", "node", "quickjs"),
        default="python",
        help="what plays the cases (default: python)",
    )
    it.add_argument(
        "--jobs",
        metavar="N",
        type=_count,
        help="processes that play them (default: as many as there are cores, for many cases)",
    )
    it.add_argument(
        "--subject",
        metavar="FILE.js",
        type=Path,
        help="play them on a mock or another simulator instead, in a plain Node; needs --on",
    )
    it.add_argument(
        "--deadline",
        metavar="S",
        type=_seconds,
        default=2.0,
        help="the seconds a wait may take on a --subject (default: 2)",
    )
    it.add_argument(
        "--transcript",
        metavar="FILE",
        type=Path,
        help="judge what a probe has seen, and compare it with the emulator",
    )
    it.add_argument("--junit", metavar="FILE", type=Path, help="write the results as JUnit XML")
    it.add_argument("--html", metavar="FILE", type=Path, help="write the results as one HTML page")
    it.add_argument(
        "--coverage", action="store_true", help="also tell how many facts no case has proved"
    )
    it.add_argument("--trace", metavar="FILE", type=Path, help="append a record of each call")


def _probe(commands: Commands) -> None:
    it = _command(
        commands, "probe", "probe", "Write a project that plays the cases on a phone or an IDE."
    )
    it.add_argument(
        "cases",
        metavar="CASE",
        nargs="*",
        help="ids or patterns of cases, or case files and folders (default: every case)",
    )
    it.add_argument(
        "-o", dest="output", metavar="DIR", type=Path, required=True, help="a new folder for it"
    )
    it.add_argument(
        "--to",
        metavar="URL",
        type=_origin,
        help="the address of a minibridge sink, as the phone sees it (default: typed on the page)",
    )
    _targeting(it)


def _compare(commands: Commands) -> None:
    it = _command(
        commands, "compare", "compare", "Make the same call on many targets: what differs, and why."
    )
    it.add_argument(
        "call", metavar="CALL.json|FILE.js", type=Path, help="a call's options, or a logic file"
    )
    _targeting(it, "all")
    _network(it)
    it.add_argument(
        "--format",
        choices=("text", "markdown", "json"),
        default="text",
        help="how the result is written (default: text; --json means json)",
    )
    it.add_argument(
        "--api",
        metavar="NAME",
        default="uploadFile",
        help="the API of bare options (default: uploadFile)",
    )
    _running(it)


def _targets(commands: Commands) -> None:
    it = _command(commands, "targets", "targets", "List every target, or explain one of them.")
    it.add_argument("name", metavar="NAME", nargs="?", help="a target whose fields to show")
    repeatable(it, "--set", "FIELD=VALUE", pair, "another reading of a profile field")


def _doctor(commands: Commands) -> None:
    _command(commands, "doctor", "doctor", "Check this installation with a real upload.")


def _sink(commands: Commands) -> None:
    it = _command(
        commands, "sink", "serve_sink", "Run the embedded server: one JSON line per upload."
    )
    it.add_argument("--host", default="127.0.0.1", help="the address to listen on")
    it.add_argument("--port", type=_port, default=0, help="the port (default: a free one)")
    it.add_argument(
        "--script",
        metavar="FILE",
        type=Path,
        help="answers, as a JSON list of steps, or such lists by the beginning of a path",
    )
    it.add_argument("--token", help="the bearer token of the admin interface")


def _serve(commands: Commands) -> None:
    it = _command(commands, "serve", "serve", "Serve bridges to other programs by WebSocket.")
    it.add_argument("--host", default="127.0.0.1", help="the address to listen on")
    it.add_argument("--port", type=_port, default=0, help="the port (default: a free one)")
    it.add_argument("--token", help="what clients have to know (default: a random one)")
    it.add_argument(
        "--on", metavar="T", default="wx", help="what a client gets that names none (default: wx)"
    )
    repeatable(it, "--set", "FIELD=VALUE", pair, "another reading of a profile field")
    _network(it)
    it.add_argument("--trace", metavar="FILE", type=Path, help="append a record of each call")
    _showing(it)


def _exec(commands: Commands) -> None:
    it = _command(
        commands,
        "exec",
        "exec_command",
        "Run a JavaScript test runner on the globals of one or many targets.",
        as_json=argparse.SUPPRESS,  # refused there, since standard output is the runner's
    )
    _targeting(it)
    _network(it)
    it.add_argument("--trace", metavar="FILE", type=Path, help="append a record of each call")
    _showing(it)
    it.add_argument(
        "--bridge-report",
        metavar="FILE",
        type=Path,
        help="write the calls of the whole run to one HTML page",
    )
    it.add_argument(
        "command", metavar="-- CMD", nargs=argparse.REMAINDER, help="such as: -- npx vitest run"
    )


def _matrix(commands: Commands) -> None:
    it = _command(
        commands, "matrix", "matrix", "Show the facts of all platforms side by side, with sources."
    )
    it.add_argument(
        "--on",
        metavar="T[,T...]",
        default="all",
        help="hosts, layers or targets, in the order of the columns (default: all)",
    )
    it.add_argument(
        "--format",
        choices=("md", "html", "json", "conditions"),
        default="md",
        help="Markdown, one HTML page, JSON as --json has it, or what is said of each network "
        "condition, as Markdown (default: md)",
    )
    it.add_argument("-o", dest="output", metavar="FILE", type=Path, help="where to write it")


def _report(commands: Commands) -> None:
    it = _command(
        commands, "report", "report", "Show a trace as one HTML page that needs nothing else."
    )
    it.add_argument("trace", metavar="TRACE.jsonl", type=Path, help="what --trace has written")
    it.add_argument(
        "-o",
        dest="output",
        metavar="FILE",
        type=Path,
        help="the page (default: beside the trace, as TRACE.html)",
    )


def _sweep(commands: Commands) -> None:
    it = _command(
        commands, "sweep", "sweep", "Play the product of targets, networks, seeds and scenarios."
    )
    it.add_argument("plan", metavar="PLAN.toml", type=Path, help="what is swept")
    it.add_argument(
        "-o", dest="output", metavar="FILE", type=Path, required=True, help="where results go"
    )
    it.add_argument("--resume", action="store_true", help="go on with FILE where it ends")
    it.add_argument(
        "--scheduler",
        metavar="ADDRESS",
        help="a Dask scheduler whose workers play, tcp://HOST:PORT",
    )
    it.add_argument(
        "--jobs",
        metavar="N",
        type=_count,
        default=os.cpu_count() or 1,
        help="processes on this machine (default: one per core)",
    )


def _running(it: argparse.ArgumentParser) -> None:
    """Add what running a logic file takes."""
    it.add_argument(
        "--engine",
        choices=("auto", "node", "quickjs"),
        default="auto",
        help="what runs a logic file (default: auto, which prefers Node)",
    )
    it.add_argument(
        "--deadline",
        metavar="S",
        type=_seconds,
        default=30.0,
        help="the seconds it may take on one target (default: 30)",
    )
    repeatable(it, "--route", "ORIGIN", _origin, "an origin the embedded server answers for")


def _showing(it: argparse.ArgumentParser) -> None:
    it.add_argument(
        "--ui", action="store_true", help="show the calls on a page while they happen, until Ctrl-C"
    )


def _targeting(it: argparse.ArgumentParser, usual: str = "wx") -> None:
    it.add_argument(
        "--on",
        metavar="T[,T...]",
        default=usual,
        help=f"targets, or `all` (default: {usual}); see `minibridge targets`",
    )
    repeatable(it, "--set", "FIELD=VALUE", pair, "another reading of a profile field")


def _network(it: argparse.ArgumentParser) -> None:
    it.add_argument(
        "--network",
        metavar="C[,C...]",
        type=_conditions,
        default="",
        help="network conditions, such as 3g,offline@40%%; see docs/network.md",
    )


def repeatable(
    it: argparse.ArgumentParser,
    flag: str,
    metavar: str,
    kind: Callable[[str], object],
    summary: str,
) -> None:
    """Add a flag that may be given many times; its values come as a list."""
    it.add_argument(
        flag, metavar=metavar, type=kind, action="append", default=[], help=f"{summary}; repeatable"
    )


def pair(text: str) -> tuple[str, str]:
    """Read `K=V`; raises `ArgumentTypeError`."""
    key, equals, value = text.partition("=")
    if not equals or not key:
        message = f"{text!r} is not KEY=VALUE"
        raise argparse.ArgumentTypeError(message)
    return key, value


def json_pair(text: str) -> tuple[str, object]:
    """Read `K=JSON`; raises `ArgumentTypeError`."""
    key, value = pair(text)
    try:
        return key, json.loads(value)
    except (ValueError, RecursionError) as error:
        message = f"{value!r:.60} is not JSON; a text needs its quotes: '{key}=\"{value:.60}\"'"
        raise argparse.ArgumentTypeError(message) from error


def _conditions(text: str) -> str:
    """Check network conditions; raises `ArgumentTypeError`."""
    from bridge.conditions import read  # noqa: PLC0415  not for every command
    from bridge.errors import BridgeError  # noqa: PLC0415

    try:
        read(text)
    except BridgeError as error:
        raise argparse.ArgumentTypeError(str(error)) from error
    return text


def _origin(text: str) -> str:
    """Check an origin, and return it without a slash at its end; raises `ArgumentTypeError`."""
    from bridge.rules import is_origin  # noqa: PLC0415  not for every command

    if not is_origin(text):
        message = f"{text!r} is not an origin; write scheme://host or scheme://host:port"
        raise argparse.ArgumentTypeError(message)
    return text.removesuffix("/")


def _number(text: str) -> float:
    try:
        value = float(text)
    except ValueError as error:
        message = f"{text!r} is not a number of milliseconds"
        raise argparse.ArgumentTypeError(message) from error
    return int(value) if value.is_integer() else value


def _seconds(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0 < value < math.inf:
        message = f"{text!r} is not a number of seconds"
        raise argparse.ArgumentTypeError(message)
    return value


def _count(text: str) -> int:
    if not text.isdecimal() or not int(text):
        message = f"{text!r} is not a number of processes"
        raise argparse.ArgumentTypeError(message)
    return int(text)


def _port(text: str) -> int:
    if not text.isdecimal() or int(text) > _LAST_PORT:
        message = f"{text!r} is not a port; give 0 to 65535"
        raise argparse.ArgumentTypeError(message)
    return int(text)
