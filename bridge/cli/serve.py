"""`minibridge serve`: the WebSocket server and one upload server for all its sessions."""

from __future__ import annotations

import asyncio
import json
import signal
from typing import TYPE_CHECKING, Final

from bridge.cli import USAGE, sessions, watching
from bridge.cli.traces import tracing
from bridge.look import Mistake, say

if TYPE_CHECKING:
    from argparse import Namespace

    from bridge.look import Screen

_ENDING: Final = (signal.SIGTERM, signal.SIGHUP)
_SIGNALLED: Final = 128


def run(args: Namespace, screen: Screen) -> int:
    """Serve until interrupted, or until the trace can no longer be written."""
    if "," in args.on:
        raise Mistake(f"serve has one target, not {args.on}; a client asks for another in `hello`")
    return asyncio.run(_serve(args, screen))


async def _serve(args: Namespace, screen: Screen) -> int:
    # aiohttp's server takes 0.2 s to import.
    from bridge.logic.server import BridgeServer  # noqa: PLC0415
    from bridge.sink import UploadServer  # noqa: PLC0415

    ended: asyncio.Queue[int] = asyncio.Queue()
    for number in _ENDING:
        asyncio.get_running_loop().add_signal_handler(number, ended.put_nowait, _SIGNALLED + number)
    with tracing(args.trace, lambda: ended.put_nowait(USAGE)) as keep:
        open_bridge = sessions.opener(args.on, args.set, args.network)
        where = {"host": args.host, "port": args.port, "token": args.token}
        async with (
            watching.page(f"serve {args.on}", wanted=args.ui) as page,
            UploadServer() as sink,
            BridgeServer(open_bridge, **where, sink=sink, keep=keep, watch=page.follow) as server,
        ):
            _tell(
                sessions.environment(server, args.on)
                | {"MINIBRIDGE_SINK_URL": sink.url}
                | page.variables,
                screen if args.json else None,
            )
            return await ended.get()


def _tell(variables: dict[str, str], screen: Screen | None) -> None:
    """Say how to connect: as JSON on standard output, else as lines on standard error."""
    lines = [f"{name}={value}" for name, value in variables.items()]
    if screen is not None:
        screen.write(json.dumps(variables))
        lines = []
    say("serving, Ctrl-C ends", *lines)
