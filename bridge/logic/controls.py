"""What a test in another language sets up and looks at: `control.*` invokes of a session."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, cast

from bridge.errors import BridgeError
from bridge.values import from_json

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from bridge.files import Kind
    from bridge.network import Network
    from bridge.rules import Domains
    from bridge.runtime import Bridge
    from bridge.sink import UploadServer

PREFIX: Final = "control."
Params = dict[str, object]

_STEP: Final = {"status", "body", "headers", "delay", "times"}
NETWORK: dict[str, Callable[[Network], None]] = {
    "offline": lambda network: network.offline(),
    "online": lambda network: network.online(),
    "dnsFailure": lambda network: network.dns_failure(),
    "refuse": lambda network: network.refuse(),
    "reset": lambda network: network.reset(),
    "stall": lambda network: network.stall(),
    "background": lambda network: network.background(),
    "foreground": lambda network: network.foreground(),
    "clear": lambda network: network.clear(),
}
CUTS: dict[str, Callable[[Network, int | None, float | None], None]] = {
    "resetAfter": lambda network, size, part: network.reset_after(bytes=size, percent=part),
    "stallAfter": lambda network, size, part: network.stall_after(bytes=size, percent=part),
}
_FIGURES: Final = {"up", "down", "latency", "jitter"}


class Controls:
    """
    The controls of one session.

    Args:
        bridge: the session's environment.
        sink: the upload server its tests look at.
    """

    def __init__(self, bridge: Bridge, sink: UploadServer) -> None:
        self._bridge = bridge
        self._sink = sink
        self._routed: set[str] = set()
        self._domains = bridge.domains

    def invoke(self, event: str, params: Mapping[str, object]) -> object:
        """
        Carry out one `control.*` event and return its answer, as JSON data.

        Raises:
            BridgeError: there is no such control, or it cannot be done as asked.
        """
        handler = _HANDLERS.get(event.removeprefix(PREFIX))
        if handler is None:
            known = ", ".join(f"{PREFIX}{name}" for name in _HANDLERS)
            raise BridgeError(f"there is no {event!r}; the controls are {known}")
        given = from_json(dict(params))
        if not isinstance(given, dict):
            raise BridgeError(f"{event} needs params by name, not {given!r:.60}")
        return handler(self, given)

    def _album(self, params: Params) -> None:
        album = self._bridge.album
        match params:
            case {"operation": "add", "items": list(items)}:
                for item in items:
                    if not isinstance(item, (str, bytes)):
                        raise BridgeError(f"an album takes paths and bytes, not {item!r:.60}")
                album.add(*items)
            case {"operation": "cancelNext"}:
                album.cancel_next()
            case _:
                raise _unknown("album", params)

    def _files(self, params: Params) -> object:
        files = self._bridge.files
        match params:
            case {"operation": "add", "name": str(name), "data": str() | bytes() as data, **rest}:
                return files.add(name, data, kind=cast("Kind", rest.get("kind", "temp")))
            case {"operation": "read", "path": str(path)}:
                return files.read(path)
            case {"operation": "remove", "path": str(path)}:
                files.remove(path)
                return None
        raise _unknown("files", params)

    def _network(self, params: Params) -> None:
        operation, network = str(params.get("operation")), self._bridge.network
        if operation in NETWORK:
            NETWORK[operation](network)
        elif operation in CUTS:
            size, part = (_number(params, key) for key in ("bytes", "percent"))
            CUTS[operation](network, None if size is None else int(size), part)
        else:
            self._shape_network(network, params)

    def _shape_network(self, network: Network, params: Params) -> None:
        match params:
            case {"operation": "apply", "text": str(text)}:
                network.apply(text)
            case {"operation": "script", "steps": list(steps)}:
                network.script(_pairs(steps))
            case {"operation": "slow", "preset": str(preset)}:
                network.slow(preset)
            case {"operation": "slow", **figures} if figures and figures.keys() <= _FIGURES:
                network.slow(**figures)  # type: ignore[arg-type]  # the values are checked there
            case {"operation": "switch", "preset": str(preset)}:
                network.switch(preset)
            case {"operation": "tls", "cause": str(cause)}:
                network.tls(cause)
            case _:
                raise _unknown("network", params)

    def _route(self, params: Params) -> None:
        match params:
            case {"origin": str(origin), "to": (str() | None) as to}:
                self._bridge.route(origin, to=to)
                self._routed.add(origin)
            case _:
                raise _unknown("route", params)

    def _judge_by(self, params: Params) -> None:
        match params:
            case {"domains": (list() | dict() | None) as domains}:
                self._bridge.domains = cast("Domains | None", domains)
            case _:
                raise _unknown("domains", params)

    def _server(self, params: Params) -> None:
        sink = self._sink
        match params:
            case {"operation": "reply", **step} if step.keys() <= _STEP:
                sink.reply(**step)  # type: ignore[arg-type]  # the values are checked there
            case {"operation": "redirect", "redirect": to, "status": status}:
                sink.redirect(cast("str", to), cast("int", status))
            case {"operation": "drop", "drop_after": count}:
                sink.drop(cast("int", count))
            case {"operation": "hold"}:
                sink.hold()
            case {"operation": "release"}:
                sink.release()
            case _:
                raise _unknown("server", params)

    def _storage(self, params: Params) -> object:
        storage = self._bridge.storage
        match params:
            case {"operation": "get", "key": str(key), **rest}:
                return storage.get(key, rest.get("otherwise"))
            case {"operation": "set", "key": str(key), "value": value}:
                storage.set(key, value)
            case {"operation": "remove", "key": str(key)}:
                storage.remove(key)
            case {"operation": "keys"}:
                return storage.keys
            case {"operation": "clear"}:
                storage.clear()
            case _:
                raise _unknown("storage", params)
        return None

    def _ui(self, params: Params) -> object:
        ui = self._bridge.ui
        match {"content": "", **params}:
            case {"operation": "toast"}:
                return ui.toast
            case {"operation": "loading"}:
                return ui.loading
            case {"operation": "modals"}:
                return ui.modals
            case {"operation": "answerModal", "confirm": bool(confirm), "content": str(content)}:
                ui.answer_modal(confirm=confirm, content=content)
                return None
        raise _unknown("ui", params)

    def _uploads(self, _: Params) -> object:
        return [upload.to_json() for upload in self._sink.uploads]

    def _reset(self, _: Params) -> None:
        self._bridge.network.clear()
        self._bridge.album.clear()
        self._bridge.storage.clear()
        self._bridge.ui.clear()
        for origin in self._routed:
            self._bridge.route(origin, to=None)
        self._routed.clear()
        self._bridge.domains = self._domains
        self._sink.script([])
        self._sink.release()
        self._sink.clear()


_HANDLERS: dict[str, Callable[[Controls, Params], object]] = {
    "album": Controls._album,  # noqa: SLF001  the table of this module's own class
    "files": Controls._files,  # noqa: SLF001
    "network": Controls._network,  # noqa: SLF001
    "route": Controls._route,  # noqa: SLF001
    "domains": Controls._judge_by,  # noqa: SLF001
    "server": Controls._server,  # noqa: SLF001
    "storage": Controls._storage,  # noqa: SLF001
    "ui": Controls._ui,  # noqa: SLF001
    "uploads": Controls._uploads,  # noqa: SLF001
    "reset": Controls._reset,  # noqa: SLF001
}


def _number(params: Params, key: str) -> float | None:
    value = params.get(key)
    if value is not None and (isinstance(value, bool) or not isinstance(value, (int, float))):
        raise BridgeError(f"{key} is a number, not {value!r:.60}")
    return value


def _pairs(steps: list[object]) -> Iterator[tuple[object, str]]:
    """Yield the steps of a script, each a list of when and what."""
    for step in steps:
        match step:
            case [at, str(what)]:
                yield at, what
            case _:
                raise BridgeError(f"a step is [when, what], such as ['40%', 'offline'], not {step}")


def _unknown(control: str, params: Params) -> BridgeError:
    return BridgeError(f"control.{control} cannot do {params!r:.200}")
