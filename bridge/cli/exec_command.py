"""`minibridge exec`: a JavaScript test runner with the globals of a target in every test file."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

from bridge.cli import failing, sessions, watching
from bridge.cli.asked import check_output, names_of
from bridge.cli.traces import tracing
from bridge.look import Mistake, say

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Callable

    from bridge.logic.journal import Keep
    from bridge.look import Screen
    from bridge.runtime import Bridge

CLIENT: Final = Path(__file__).parent.parent / "logic" / "client"
_FORWARDED: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_SIGNALLED: Final = 128


def run(args: Namespace, _: Screen) -> int:
    """
    Run the command once for each target, in turn.

    Returns:
        The first exit status that is not 0, else 0; 128 and more when a signal ended the command.
    """
    command = args.command[1:] if args.command[:1] == ["--"] else args.command
    if not command:
        raise Mistake("exec needs a command: minibridge exec --on wx -- npx vitest run")
    if args.json:
        raise Mistake(
            "exec has no --json: standard output is the command's own; --trace FILE keeps its calls"
        )
    openers = {name: sessions.opener(name, args.set, args.network) for name in names_of(args.on)}
    check_output("--bridge-report", args.bridge_report)
    with tracing(args.trace, lambda: None) as keep, failing.spooling(args.trace) as spool:
        both = failing.both(keep, spool.keep)
        statuses, interrupted = asyncio.run(_exec(openers, command, both, ui=args.ui))
        if args.bridge_report is not None:
            say(spool.page(args.bridge_report))
        if any(statuses.values()) and not interrupted:
            for sentence in spool.failed():
                say(sentence)
    if len(openers) > 1:
        say("; ".join(f"{name} ended with {status}" for name, status in statuses.items()))
    return next(filter(None, statuses.values()), 0)


async def _exec(
    openers: dict[str, Callable[[str], Bridge]],
    command: list[str],
    keep: Keep,
    *,
    ui: bool,
) -> tuple[dict[str, int], bool]:
    """
    Run the command on each target; after a signal no other one begins.

    Returns:
        Its exit status on each, and whether a signal cut that short.
    """
    from bridge.logic.server import BridgeServer  # noqa: PLC0415  it takes 0.2 s to import

    signals = _Signals()
    statuses: dict[str, int] = {}
    async with watching.page(f"exec {' '.join(command)}", wanted=ui) as page:
        page.announce()
        for name, open_bridge in openers.items():
            if len(openers) > 1:
                say(f"{' '.join(command)} on {name}")
            async with BridgeServer(open_bridge, keep=keep, watch=page.follow) as server:
                told = sessions.environment(server, name)
                told |= _node(os.environ.get("NODE_OPTIONS", ""))
                statuses[name] = await _child(command, os.environ | told, signals)
            if signals.came:
                return statuses, True
        await page.stay(signals.next)
    return statuses, False


class _Signals:
    """The signals that came, which are the command's to act on."""

    def __init__(self) -> None:
        self.came = False
        self._queue: asyncio.Queue[signal.Signals] = asyncio.Queue()
        loop = asyncio.get_running_loop()
        for number in _FORWARDED:
            loop.add_signal_handler(number, self._note, number)

    def _note(self, number: signal.Signals) -> None:
        self.came = True
        self._queue.put_nowait(number)

    async def next(self) -> None:
        """Wait for one that nobody has got."""
        await self._queue.get()

    async def forward(self, process: asyncio.subprocess.Process, *, own_group: bool) -> None:
        """Pass them on, but for an interrupt from a terminal, which the command has got."""
        while True:
            number = await self._queue.get()
            if own_group:
                _signal_group(process.pid, number)
            elif number != signal.SIGINT:
                process.send_signal(number)


def _node(options: str) -> dict[str, str]:
    """Return what makes Node load the client: the preload, and the setup file Jest needs."""
    preload = str(CLIENT / "preload.cjs").replace("\\", "\\\\").replace('"', '\\"')
    return {
        "NODE_OPTIONS": f'{options} --require "{preload}"'.strip(),
        "MINIBRIDGE_JEST_SETUP": str(CLIENT / "jest.setup.cjs"),
    }


async def _child(command: list[str], environment: dict[str, str], signals: _Signals) -> int:
    # At a terminal the runner stays in the group that may read keys, and that Ctrl-C reaches.
    own_group = not _at_terminal()
    try:
        process = await asyncio.create_subprocess_exec(
            *command, env=environment, process_group=0 if own_group else None
        )
    except OSError as error:
        raise Mistake(f"cannot run {command[0]!r}: {error.strerror}") from error
    forwarding = asyncio.create_task(signals.forward(process, own_group=own_group))
    try:
        status = await process.wait()
    finally:
        forwarding.cancel()
        if own_group:
            _signal_group(process.pid, signal.SIGKILL)
    return status if status >= 0 else _SIGNALLED - status


def _signal_group(group: int, number: signal.Signals) -> None:
    """Signal whatever is left of the runner's processes."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(group, number)


def _at_terminal() -> bool:
    try:
        return os.tcgetpgrp(sys.stdin.fileno()) == os.getpgrp()
    except (OSError, ValueError):
        return False
