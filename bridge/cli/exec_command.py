"""`minibridge exec`: a JavaScript test runner with the globals of a target in every test file."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

from bridge.cli import sessions
from bridge.cli.look import Mistake

if TYPE_CHECKING:
    from argparse import Namespace

    from bridge.cli.look import Screen

CLIENT: Final = Path(__file__).parent.parent / "logic" / "client"
_FORWARDED: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_SIGNALLED: Final = 128


def run(args: Namespace, _: Screen) -> int:
    """Run the command; its exit status is ours, 128 and more when a signal ended it."""
    command = args.command[1:] if args.command[:1] == ["--"] else args.command
    if not command:
        raise Mistake("exec needs a command: minibridge exec --on wx -- npx vitest run")
    return asyncio.run(_exec(args, command))


async def _exec(args: Namespace, command: list[str]) -> int:
    from bridge.logic.server import BridgeServer  # noqa: PLC0415  it takes 0.2 s to import

    async with BridgeServer(sessions.opener(args.on, args.set)) as server:
        told = sessions.environment(server, args.on)
        return await _child(command, os.environ | told | _node(os.environ.get("NODE_OPTIONS", "")))


def _node(options: str) -> dict[str, str]:
    """Return what makes Node load the client: the preload, and the setup file Jest needs."""
    preload = str(CLIENT / "preload.cjs").replace("\\", "\\\\").replace('"', '\\"')
    return {
        "NODE_OPTIONS": f'{options} --require "{preload}"'.strip(),
        "MINIBRIDGE_JEST_SETUP": str(CLIENT / "jest.setup.cjs"),
    }


async def _child(command: list[str], environment: dict[str, str]) -> int:
    signals: asyncio.Queue[signal.Signals] = asyncio.Queue()
    loop = asyncio.get_running_loop()
    for number in _FORWARDED:
        loop.add_signal_handler(number, signals.put_nowait, number)
    # At a terminal the runner stays in the group that may read keys, and that Ctrl-C reaches.
    own_group = not _at_terminal()
    try:
        process = await asyncio.create_subprocess_exec(
            *command, env=environment, process_group=0 if own_group else None
        )
    except OSError as error:
        raise Mistake(f"cannot run {command[0]!r}: {error.strerror}") from error
    forwarding = loop.create_task(_forward(signals, process, own_group=own_group))
    try:
        status = await process.wait()
    finally:
        forwarding.cancel()
        if own_group:
            _signal_group(process.pid, signal.SIGKILL)
    return status if status >= 0 else _SIGNALLED - status


async def _forward(
    signals: asyncio.Queue[signal.Signals], process: asyncio.subprocess.Process, *, own_group: bool
) -> None:
    while True:
        number = await signals.get()
        if own_group:
            _signal_group(process.pid, number)
        elif number != signal.SIGINT:
            process.send_signal(number)


def _signal_group(group: int, number: signal.Signals) -> None:
    """Signal whatever is left of the runner's processes."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(group, number)


def _at_terminal() -> bool:
    try:
        return os.tcgetpgrp(sys.stdin.fileno()) == os.getpgrp()
    except (OSError, ValueError):
        return False
