"""`minibridge sink`: the embedded server alone, one JSON line for each upload that arrives."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING

from bridge.look import Mistake, say
from bridge.textfile import text_of

if TYPE_CHECKING:
    from argparse import Namespace
    from pathlib import Path

    from bridge.look import Screen
    from bridge.uploads import Upload


def run(args: Namespace, screen: Screen) -> int:
    """Serve until interrupted, or until nobody reads standard output any more."""
    steps = [] if args.script is None else _script(args.script)
    asyncio.run(_serve(args, steps, screen))
    return 0


async def _serve(args: Namespace, steps: object, screen: Screen) -> None:
    from bridge.sink import UploadServer  # noqa: PLC0415  aiohttp's server takes 0.2 s to import

    unread = asyncio.Event()

    def tell(upload: Upload) -> None:
        screen.write(json.dumps(upload.to_json(), ensure_ascii=False))
        if screen.gone:
            unread.set()

    server = UploadServer(args.host, args.port, token=args.token, on_upload=tell)
    server.script(steps)  # type: ignore[arg-type]  # checked there, step by step
    async with server:
        say(f"uploads to {server.url}, Ctrl-C ends")
        await unread.wait()


def _script(path: Path) -> object:
    try:
        return json.loads(text_of(path, "the script"))
    except RecursionError as error:
        raise Mistake(f"cannot read the script {str(path)!r}: it is nested too deeply") from error
    except ValueError as error:
        raise Mistake(f"cannot read the script {str(path)!r}: {error}") from error
