"""`minibridge compare`: the same call, or the same logic file, on many targets; what differs."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

from bridge.cli.asked import check_file, names_of, overrides_for
from bridge.comparison import compare
from bridge.comparison.terminal import show

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Callable

    from bridge.comparison import Comparison
    from bridge.look import Screen


def run(args: Namespace, screen: Screen) -> int:
    """Compare; 0 unless it could not be done, whatever differs."""
    check_file(args.call)
    targets = [(name, overrides_for(name, args.set)) for name in names_of(args.on)]
    found = asyncio.run(
        compare(
            args.call,
            targets,
            api=args.api,
            setup=lambda bridge: bridge.network.apply(args.network),
            engine=args.engine,
            deadline=args.deadline,
            routes=args.route,
        )
    )
    _FORMS["json" if args.json else args.format](found, screen)
    return 0


def _json(found: Comparison, screen: Screen) -> None:
    screen.json(found.to_json())


def _markdown(found: Comparison, screen: Screen) -> None:
    for line in found.to_markdown().splitlines():
        screen.write(line)


_FORMS: Final[dict[str, Callable[[Comparison, Screen], None]]] = {
    "text": show,
    "json": _json,
    "markdown": _markdown,
}
