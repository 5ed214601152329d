"""What `serve` and `exec` share: what a client's session gets and is told, and its trace."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from bridge.cli.look import Mistake
from bridge.cli.readings import overrides_for
from bridge.cli.sending import Answer, match
from bridge.cli.upload import TraceFile
from bridge.runtime import Bridge
from bridge.target import resolve

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from bridge.logic.journal import Keep
    from bridge.logic.server import BridgeServer
    from bridge.trace import Record
    from bridge.uploads import Upload


def opener(
    default: str, given: list[tuple[str, str]], network: str = ""
) -> Callable[[str], Bridge]:
    """
    Return what opens a bridge on a client's target, or on the default where it names none.

    Args:
        default: that target.
        given: fields to set, by name.
        network: the conditions each bridge begins with, as text.

    Raises:
        Mistake: a field that no one word can tell.
        BridgeError: an unknown target or field, or a value the field cannot take.
    """
    overrides_for(default, given)

    def open_bridge(target: str) -> Bridge:
        name = target or default
        bridge = Bridge(name, **overrides_for(name, given))  # type: ignore[arg-type]  # fields, by name
        bridge.network.apply(network)
        return bridge

    return open_bridge


def environment(server: BridgeServer, target: str) -> dict[str, str]:
    """Return the variables a client finds the server by."""
    return {
        "MINIBRIDGE_URL": server.url,
        "MINIBRIDGE_TOKEN": server.token,
        "MINIBRIDGE_TARGET": resolve(target).name,
    }


@contextmanager
def tracing(path: Path | None, on_loss: Callable[[], None]) -> Iterator[Keep | None]:
    """
    Provide what appends the records of sessions to a trace file; None without one.

    Args:
        path: the file.
        on_loss: called when records could not be written, which is raised at the end as well.

    Raises:
        Mistake: the file cannot be written.
    """
    if path is None:
        yield None
        return
    file = TraceFile(path)
    lost: list[Mistake] = []

    def keep(_: str, records: list[Record], uploads: list[Upload]) -> None:
        answers = [Answer(record) for record in records]
        match(answers, uploads)
        try:
            file.append(answers)
        except Mistake as mistake:
            lost.append(mistake)
            on_loss()

    try:
        yield keep
    finally:
        if lost:
            raise lost[0]
