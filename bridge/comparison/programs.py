"""A logic file on one target: what it did, what it saw, and what it sent."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from bridge.comparison import tree
from bridge.comparison.steady import steady, steady_text
from bridge.comparison.tree import Section, Word
from bridge.comparison.witness import Seen, own_texts, prepared, route
from bridge.files import package_of
from bridge.logic.program import JSError, Program

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from bridge.comparison.witness import Setup, Subject
    from bridge.runtime import Bridge
    from bridge.sink import UploadServer
    from bridge.trace import Record

BY_ITSELF: Final = "by itself"
"""How a program ends that nothing stops."""


@dataclass(frozen=True, slots=True)
class Run:
    """
    How a logic file is run.

    Attributes:
        file: the file.
        engine: `auto`, `node` or `quickjs`.
        deadline: seconds it may take on one target.
        routes: origins that the embedded server answers for.
        setup: prepares each bridge.
    """

    file: Path
    engine: str
    deadline: float
    routes: tuple[str, ...]
    setup: Setup | None

    async def on(self, subject: Subject, server: UploadServer) -> Seen:
        """
        Run the file on a fresh bridge.

        Raises:
            BridgeError: no engine can be started.
        """
        async with subject.open(server.url, package_of(self.file)) as bridge:
            route(bridge, server.url, self.routes)
            await prepared(bridge, self.setup)
            heard = await self._run(bridge, server)
            return _seen(subject, bridge, heard, own_texts(server.url))

    async def _run(self, bridge: Bridge, server: UploadServer) -> _Heard:
        heard = _Heard()
        program = Program(
            bridge,
            engine=self.engine,
            deadline=self.deadline,
            env={"MINIBRIDGE_SINK_URL": server.url, "MINIBRIDGE_TARGET": bridge.target},
            hear=lambda level, message, _stack: heard.lines.append(f"{level}: {message}"),
        )
        try:
            async with program, asyncio.timeout(self.deadline):
                await program.load(self.file)
                await program.idle()
        except JSError as error:
            heard.ended = f"threw {error.message}"
        except TimeoutError:
            heard.ended = "stopped at the deadline"
        return heard


@dataclass(slots=True)
class _Heard:
    """What a program said, each line after its level, and how it ended."""

    lines: list[str] = field(default_factory=list)
    ended: str = BY_ITSELF


def _seen(subject: Subject, bridge: Bridge, heard: _Heard, server: Mapping[str, str]) -> Seen:
    records = {f"call {at} {record.api}": record for at, record in enumerate(bridge.calls, 1)}
    known = {**server, **_picked(bridge)}
    lines = [Word(steady_text(line, known)) for line in heard.lines]
    whole = {
        "did": {f"call {at}": Word(record.api) for at, record in enumerate(bridge.calls, 1)},
        **{name: Section(_call(record, bridge, known)) for name, record in records.items()},
        "console": {f"line {at}": line for at, line in enumerate(lines, 1)},
        "ended": Word(steady_text(heard.ended, known)),
    }
    return Seen(subject, whole, records)


def _picked(bridge: Bridge) -> dict[str, str]:
    """Return what stands for the virtual path of each file that a picker gave the program."""
    texts = [text for record in _picks(bridge) for text in _texts(record.result)]
    named = {text: bridge.files.original_name(text) for text in texts}
    return {path: f"<{name}>" for path, name in named.items() if name is not None}


def _picks(bridge: Bridge) -> list[Record]:
    return [record for record in bridge.calls if record.api in bridge.profile.pickers]


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, (dict, list)):
        for inner in value.values() if isinstance(value, dict) else value:
            yield from _texts(inner)


def _call(record: Record, bridge: Bridge, known: Mapping[str, str]) -> dict[str, object]:
    """Return the tree of one call; a picker's own result shows the form of the host's paths."""
    names = {} if record.api in bridge.profile.pickers else known
    options = Section({"given": steady(record.to_json()["options"], names)})
    return {"options": options, **tree.of_record(record, names)}
