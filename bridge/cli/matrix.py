"""`minibridge matrix`: the facts of all platforms side by side, with their sources."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from bridge import registry
from bridge.cli.asked import words_of
from bridge.look import Mistake
from bridge.matrix import matrix_of
from bridge.matrix.conditions import page as conditions
from bridge.matrix.data import data
from bridge.matrix.markdown import markdown
from bridge.matrix.page import page

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Callable
    from pathlib import Path

    from bridge.look import Screen
    from bridge.matrix import Matrix
    from bridge.profile import Layer, Profile


def run(args: Namespace, screen: Screen) -> int:
    """Print the matrix, or write it to a file."""
    form = "json" if args.json else args.format
    text = _FORMATS[form](matrix_of(_platforms(args.on)))
    if args.output is None:
        screen.write(text.removesuffix("\n"))
    else:
        _keep(text, args.output)
    return 0


def _json(matrix: Matrix) -> str:
    return json.dumps(data(matrix), ensure_ascii=False, indent=2) + "\n"


_FORMATS: dict[str, Callable[[Matrix], str]] = {
    "md": markdown,
    "html": page,
    "json": _json,
    "conditions": conditions,
}


def _platforms(asked: str) -> list[Profile | Layer]:
    """Return the hosts and layers of some targets; raises `Mistake` or `BridgeError`."""
    found: list[Profile | Layer] = []
    for word in words_of(asked):
        found += registry.everything() if word == "all" else map(registry.load, word.split("/"))
    return found


def _keep(text: str, path: Path) -> None:
    try:
        path.write_text(text, encoding="utf-8", newline="\n")
    except OSError as error:
        message = f"cannot write {path}: {error.strerror}"
        raise Mistake(message) from error
