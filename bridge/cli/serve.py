"""`minibridge serve`: the WebSocket server and one upload server for all its sessions."""

from __future__ import annotations

import asyncio
import sys
from typing import TYPE_CHECKING

from bridge.cli import sessions

if TYPE_CHECKING:
    from argparse import Namespace

    from bridge.cli.look import Screen


def run(args: Namespace, _: Screen) -> int:
    """Serve until interrupted."""
    asyncio.run(_serve(args))
    return 0


async def _serve(args: Namespace) -> None:
    # aiohttp's server takes 0.2 s to import.
    from bridge.logic.server import BridgeServer  # noqa: PLC0415
    from bridge.sink import UploadServer  # noqa: PLC0415

    open_bridge = sessions.opener(args.on, args.set)
    async with (
        UploadServer() as sink,
        BridgeServer(
            open_bridge, host=args.host, port=args.port, token=args.token, sink=sink
        ) as server,
    ):
        told = sessions.environment(server, args.on) | {"MINIBRIDGE_SINK_URL": sink.url}
        lines = [f"{name}={value}" for name, value in told.items()]
        print(*lines, "minibridge: serving, Ctrl-C ends", sep="\n", file=sys.stderr, flush=True)  # noqa: T201
        await asyncio.Event().wait()
