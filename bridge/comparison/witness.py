"""One target at a time: a fresh bridge, a call as a mini-program makes it, what came of it."""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING, Final

from bridge import layers
from bridge.comparison import tree
from bridge.comparison.given import ORIGIN, file_paths
from bridge.errors import BridgeError, HostError
from bridge.pictures import png
from bridge.protocol import CALLBACKS
from bridge.runtime import Bridge
from bridge.target import all_names, resolve

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from bridge.comparison.given import Call
    from bridge.profile import Options
    from bridge.target import Target
    from bridge.trace import Record

Heard = list[tuple[str, object]]
More = Mapping[str, object] | None
Setup = Callable[[Bridge], More | Awaitable[More]]
_FEWEST: Final = 2
_LISTENERS: Final = ("onProgressUpdate", "onHeadersReceived")


@dataclass(frozen=True, slots=True)
class Subject:
    """
    One target to compare.

    Attributes:
        label: its name in the comparison.
        overrides: the profile fields set for it.
        target: both, resolved.
    """

    label: str
    overrides: Mapping[str, object]
    target: Target

    @property
    def chosen(self) -> str:
        """The fields set for it, in a few words."""
        return ", ".join(f"{key}={_told(value)}" for key, value in self.overrides.items())

    def open(self, server: str, package: Path | None = None) -> Bridge:
        """
        Return a bridge of its own, with a picture in the album and always the same seed.

        Args:
            server: the embedded server's origin; it answers for the page's own, too.
            package: the code package.
        """
        bridge = Bridge(
            self.target.name,
            files=package,
            album=[png()],
            seed=0,
            **self.overrides,  # type: ignore[arg-type]  # fields, by name
        )
        page = bridge.profile.page_origin
        route(bridge, server, [ORIGIN, page] if page else [ORIGIN])
        return bridge


def _told(value: object) -> object:
    return sorted(value) if isinstance(value, (set, frozenset)) else value


def subjects(targets: Iterable[str | tuple[str, Mapping[str, object]]]) -> list[Subject]:
    """
    Resolve addresses, each once; only of a target given twice does the name tell what is set.

    Raises:
        BridgeError: an unknown target or override, or fewer than two targets.
    """
    if isinstance(targets, str):
        raise BridgeError(f"targets is a list of addresses, such as [{targets!r}, 'wx']")
    pairs = [(one, {}) if isinstance(one, str) else one for one in targets]
    every = [(n, own) for name, own in pairs for n in (all_names() if name == "all" else [name])]
    found = [Subject("", own, resolve(name, own)) for name, own in every]
    named = {(one.target.name, one.chosen): one for one in found}
    names = [name for name, _ in named]
    if len(named) < _FEWEST:
        raise BridgeError(f"a comparison needs two targets; given: {', '.join(names) or 'none'}")
    return [
        replace(one, label=f"{name} [{chosen}]" if chosen and names.count(name) > 1 else name)
        for (name, chosen), one in named.items()
    ]


@dataclass(frozen=True, slots=True)
class Seen:
    """
    What one target did.

    Attributes:
        subject: the target.
        tree: what is compared.
        records: the record behind each part of the tree that is a call's; `""` for a lone call.
    """

    subject: Subject
    tree: Mapping[str, object]
    records: Mapping[str, Record] = field(default_factory=dict)

    @property
    def globals(self) -> list[str]:
        """The global objects that the target has."""
        return list(layers.describe(self.subject.target))


async def watch(subject: Subject, call: Call, server: str, setup: Setup | None) -> Seen:
    """
    Make one call on a fresh bridge.

    Args:
        subject: the target.
        call: the call.
        server: the embedded server's origin.
        setup: prepares the bridge, and may return further options.

    Raises:
        BridgeError: an option no mini-program could pass.
    """
    async with subject.open(server) as bridge:
        api = layers.with_callbacks(subject.target, call.api)
        if api is None:
            return Seen(subject, {"api": tree.Word("absent")})
        route(bridge, server, call.origins)
        more = await prepared(bridge, setup)
        made = replace(call, options=call.options | more)
        route(bridge, server, set(made.origins) - set(call.origins))
        options = (made.addressed() if api.kind == "task" else made).on(bridge.files)
        known = own_texts(server) | _own_paths(bridge, options)
        heard, returned = await _called(bridge, subject, call.api, options)
        record = bridge.calls[-1]
        whole = tree.Section(
            tree.of_record(record, known)
            | tree.of_callbacks(record, heard, known)
            | tree.of_return(returned, api)
            | (tree.of_limits(record.target.profile) if api.kind == "task" else {})
        )
        return Seen(subject, {"api": tree.Word("there"), "": whole}, {"": record})


async def _called(
    bridge: Bridge, subject: Subject, api: str, options: Options
) -> tuple[Heard, object]:
    """Call as a mini-program does: three callbacks, and every listener that the task takes."""
    heard: Heard = []
    callbacks = {name: partial(_hear, heard, name) for name in CALLBACKS}
    function = getattr(bridge.api, layers.own_name(subject.target, api))
    returned = function({**options, **callbacks})
    task = getattr(returned, "__returned", returned)
    for name in _LISTENERS:
        with suppress(AttributeError, HostError):
            getattr(task, name)(partial(_hear, heard, name))
    await bridge.settled()
    return heard, returned


def _hear(heard: Heard, name: str, payload: object) -> None:
    heard.append((name, payload))


def route(bridge: Bridge, server: str, origins: Iterable[str]) -> None:
    """Have the embedded server answer for these origins."""
    for origin in origins:
        bridge.route(origin, to=server)


async def prepared(bridge: Bridge, setup: Setup | None) -> Options:
    """Run what the test prepares a bridge with; returns the options it adds."""
    found = None if setup is None else setup(bridge)
    if inspect.isawaitable(found):
        found = await found
    if found is not None and not isinstance(found, Mapping):
        raise BridgeError(f"setup returned {found!r}; it returns options to add, or None")
    return dict(found or {})


def own_texts(server: str) -> dict[str, str]:
    """Return what stands for the embedded server's address wherever it is met."""
    return {server: "<server>", server.partition("://")[2]: "<server>"}


def _own_paths(bridge: Bridge, options: Options) -> dict[str, str]:
    """Return what stands for the virtual path of each file that the call was given."""
    named = {path: bridge.files.original_name(path) for path in file_paths(options)}
    return {path: f"<{name}>" for path, name in named.items() if name is not None}
