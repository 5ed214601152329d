"""`minibridge upload`: one file, sent for real on every target that was asked for."""

from __future__ import annotations

import asyncio
import json
import mimetypes
import os
from typing import TYPE_CHECKING

from bridge.arrived import traced
from bridge.cli import answers, sending
from bridge.cli.look import Mistake
from bridge.cli.readings import overrides_for
from bridge.target import all_names, resolve

if TYPE_CHECKING:
    from argparse import Namespace
    from pathlib import Path

    from bridge.cli.look import Screen
    from bridge.cli.sending import Answer, Plan

_KINDS = ("image", "video", "audio")


def run(args: Namespace, screen: Screen) -> int:
    """Upload; 0 when every call ended in `success`, else 1."""
    plan = _plan(args)
    trace = None if args.trace is None else TraceFile(args.trace)
    found: list[Answer] = []
    try:
        asyncio.run(sending.send(plan, found, colour=not args.no_color))
    finally:  # also what an interrupt cut short
        if trace is not None:
            trace.append(found)
    if args.json:
        screen.json([answer.record.to_json() for answer in found])
    else:
        answers.show(found, plan, screen)
    return 0 if all(answer.record.ok for answer in found) else 1


def _plan(args: Namespace) -> Plan:
    check_file(args.file)
    names = names_of(args.on)
    return sending.Plan(
        file=args.file,
        targets=[(name, overrides_for(name, args.set)) for name in names],
        url=args.to,
        name=args.name,
        file_type=args.file_type or kind_of(args.file.name),
        extra=_extra(args),
        network=args.network,
    )


def _extra(args: Namespace) -> dict[str, object]:
    """Return the options only some calls have; `--option` has the last word."""
    given = {"formData": dict(args.form), "header": dict(args.header), "timeout": args.timeout}
    extra: dict[str, object] = {k: v for k, v in given.items() if v is not None and v != {}}
    return extra | dict(args.option)


def names_of(text: str) -> list[str]:
    """Return the targets that `--on` asks for; raises `Mistake` or `BridgeError`."""
    asked = [name for name in text.split(",") if name]
    if not asked:
        message = "--on names no target; see minibridge targets"
        raise Mistake(message)
    return [one for name in asked for one in (all_names() if name == "all" else [_known(name)])]


def _known(name: str) -> str:
    return resolve(name).name


def check_file(path: Path) -> None:
    """Raise `Mistake` where there is no file to read."""
    if not path.exists():
        message = f"there is no file {str(path)!r}"
    elif not path.is_file():
        message = f"{str(path)!r} is not a regular file"
    elif not os.access(path, os.R_OK):
        message = f"{str(path)!r} cannot be read"
    else:
        return
    raise Mistake(message)


def kind_of(name: str) -> str | None:
    """Return Alipay's word for a kind of file by its name; None for one it has no word for."""
    guessed, _ = mimetypes.guess_type(name)
    kind = (guessed or "").partition("/")[0]
    return kind if kind in _KINDS else None


class TraceFile:
    """A JSON Lines file that grows by whole records only; raises `Mistake` if it cannot."""

    def __init__(self, path: Path) -> None:
        self._path = path
        try:
            with path.open("ab"):
                pass
        except OSError as error:
            raise self._mistake(error) from error

    def append(self, found: list[Answer]) -> None:
        """Write all records in one go, so that two commands can share a file."""
        lines = (json.dumps(traced(each.record, each.upload), ensure_ascii=False) for each in found)
        try:
            with self._path.open("ab", buffering=0) as file:
                file.write("".join(f"{line}\n" for line in lines).encode())
        except OSError as error:
            raise self._mistake(error) from error

    def _mistake(self, error: OSError) -> Mistake:
        return Mistake(f"cannot write the trace file {str(self._path)!r}: {error.strerror}")
