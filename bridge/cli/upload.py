"""`minibridge upload`: one file, sent for real on every target that was asked for."""

from __future__ import annotations

import asyncio
import mimetypes
from typing import TYPE_CHECKING

from bridge.cli import answers, sending
from bridge.cli.asked import check_file, names_of, overrides_for
from bridge.cli.traces import TraceFile

if TYPE_CHECKING:
    from argparse import Namespace

    from bridge.cli.sending import Answer, Plan
    from bridge.look import Screen

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


def kind_of(name: str) -> str | None:
    """Return Alipay's word for a kind of file by its name; None for one it has no word for."""
    guessed, _ = mimetypes.guess_type(name)
    kind = (guessed or "").partition("/")[0]
    return kind if kind in _KINDS else None
