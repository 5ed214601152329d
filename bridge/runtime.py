"""`Bridge`: one emulated environment, as a test opens it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self, cast

from bridge import layers, rules
from bridge.clock import Chance
from bridge.device.storage import Storage
from bridge.device.ui import Ui
from bridge.errors import BridgeError
from bridge.files import Files
from bridge.log import log
from bridge.logic.python import HostObject, PythonLogic
from bridge.native import Native
from bridge.network import Network
from bridge.phone import Phone
from bridge.pickers import Album
from bridge.target import resolve
from bridge.values import copied

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path
    from types import TracebackType

    from bridge.desk import Watcher
    from bridge.profile import Profile, Result
    from bridge.protocol import Deliver, Invoke
    from bridge.reasons import Reason
    from bridge.rules import DomainLists, Domains
    from bridge.trace import Record
    from bridge.transport import Transport


@dataclass(frozen=True, slots=True)
class Outcome:
    """
    What one call came to, whatever the host.

    Attributes:
        target: the target's address.
        api: the API called.
        ok: whether it ended in `success`.
        result: the object the callback got, in the host's own shape.
        reason: minibridge's name of the failure, None for a success.
        record: the trace record.
    """

    target: str
    api: str
    ok: bool
    result: Result
    reason: Reason | None
    record: Record


class Bridge:
    """
    One emulated mini-program environment, on one event loop.

    Args:
        target: `[LAYER/]PROFILE[@VERSION]`, such as `wx`, `my:ide` or `uni/tt:feishu@4.6`.
        files: the code package, as a directory or as path -> content.
        album: what pickers offer: paths on this machine, or bytes.
        domains: the domain list, or API -> its list; None judges no domain.
        appid: the app id in the Referer.
        page_version: the version in the Referer; `0` is that of a phone before a release.
        transport: what sends; None for real HTTP.
        seed: makes ids, boundaries, and paths that no clock is part of repeat.
        record_limit: how many trace records are kept.
        **overrides: profile fields by name, such as `file_type="ignored"`; `request={...}` names
            fields of the host's rules for `request`.

    Raises:
        BridgeError: an unknown target or override, or a package directory that does not exist.
    """

    def __init__(  # noqa: PLR0913  each is one thing a test sets; all but the first by keyword
        self,
        target: str = "wx",
        *,
        files: str | Path | Mapping[str, bytes | str | Path] | None = None,
        album: Iterable[str | Path | bytes] = (),
        domains: Domains | None = None,
        appid: str = "wx0123456789abcdef",
        page_version: str = "0",
        transport: Transport | None = None,
        seed: int = 0,
        record_limit: int = 1000,
        **overrides: object,
    ) -> None:
        if record_limit < 1:
            message = f"record_limit={record_limit}: at least one record has to be kept"
            raise BridgeError(message)
        self._target = resolve(target, overrides)
        chance = Chance(seed)
        self.files = Files(self.profile.paths, chance.expand, files)
        self.album = Album(tuple(album))
        self.network = Network(seed)
        self.storage = Storage()
        self.ui = Ui()
        self.callback_errors: list[BaseException] = []
        self._transport = transport
        self._routes: dict[str, str] = {}
        phone = Phone(
            target=self._target,
            files=self.files,
            album=self.album,
            network=self.network,
            storage=self.storage,
            ui=self.ui,
            chance=chance,
            transport=self._sender,
            appid=appid,
            page_version=page_version,
            overrides=dict(overrides),
        )
        self._native = Native(phone, record_limit)
        self.domains = domains
        self.description = self._target.once(layers.describe)
        self._logic = PythonLogic(self.description, self.invoke, self._native.records, self._report)
        self._api = self._logic.globals[layers.main_namespace(self._target)]
        self._closed = False

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.aclose()

    def __repr__(self) -> str:
        return f"<Bridge {self.target}, {len(self.in_flight)} in flight>"

    @property
    def target(self) -> str:
        """The canonical address of what is emulated."""
        return self._target.name

    @property
    def profile(self) -> Profile:
        """The host's profile, overrides applied."""
        return self._target.profile

    @property
    def domains(self) -> DomainLists | None:
        """API -> the domain list that calls to come are judged by, `*` for every API, or None."""
        return self._domains

    @domains.setter
    def domains(self, domains: Domains | None) -> None:
        self._domains = rules.checked_domains(domains)
        self._native.judge_by(self._domains)

    @property
    def api(self) -> HostObject:
        """The global the mini-program calls: the layer's own object, else the host's."""
        return self._api

    @property
    def globals(self) -> dict[str, HostObject]:
        """Every global, as on a real host: `uploader/wx` has `uploader`, `uni` and `wx`."""
        return dict(self._logic.globals)

    @property
    def calls(self) -> list[Record]:
        """The newest records, oldest first."""
        return list(self._native.records)

    @property
    def in_flight(self) -> list[Record]:
        """The records of calls that have not settled."""
        return self._native.in_flight

    async def call(self, api: str, options: Mapping[str, object] | None = None) -> Outcome:
        """
        Make a call and wait for what it comes to; a host failure is an outcome, never raised.

        Interceptors are of the logic: they are not called.

        Args:
            api: the API by the name the target uses, or by the name of the API beneath it.
            options: its options, in the target's own spelling.

        Raises:
            BridgeError: the target has no such API, or an option no mini-program could pass.
        """
        name = layers.own_name(self._target, api)
        given = None if options is None else dict(options)
        settled = self._logic.start(layers.main_namespace(self._target), name, given)
        await settled.wait()
        record = settled.record
        result = cast("Result", copied(settled.result))
        return Outcome(self.target, api, bool(settled.ok), result, record.reason, record)

    async def settled(self) -> None:
        """Wait until nothing is in flight, and no interceptor is awaited."""
        await self._native.settled()
        while self._logic.busy:
            await self._logic.idle()
            await self._native.settled()

    def route(self, origin: str, *, to: str | None) -> None:
        """
        Dial `to` for everything the logic sends to `origin`; None removes the route.

        Host, SNI, cookies and redirects stay what the logic wrote. An origin that is neither
        routed nor loopback is never dialled.

        Args:
            origin: `scheme://host[:port]`.
            to: `scheme://host[:port]`; the origin itself permits dialling it.

        Raises:
            BridgeError: one of them is not an origin.
        """
        for url in (origin, to):
            if url is not None and not rules.is_origin(url):
                message = f"{url!r} is not an origin; write scheme://host or scheme://host:port"
                raise BridgeError(message)
        if to is None:
            self._routes.pop(origin, None)
        else:
            self._routes[origin] = to
        if self._transport is not None:
            self._transport.route(origin, to)

    async def aclose(self) -> None:
        """End what is in flight, and close connections; a closed bridge takes no more calls."""
        self._closed = True
        try:
            await self._native.aclose()
        finally:
            if self._transport is not None:
                await self._transport.aclose()

    def _sender(self) -> Transport:
        """Return the transport, made at the first send: aiohttp takes 0.2 s to import."""
        if self._transport is None:
            from bridge.transport.http import HttpTransport  # noqa: PLC0415

            self._transport = HttpTransport()
            for origin, to in self._routes.items():
                self._transport.route(origin, to)
        return self._transport

    def invoke(self, message: Invoke, deliver: Deliver) -> Result:
        """
        Take one message of a logic-side client; its answers and events go to `deliver`.

        Raises:
            BridgeError: the bridge is closed, or the message asks for what the target has not.
        """
        if self._closed:
            text = "this Bridge is closed; make the call inside `async with Bridge(...)`"
            raise BridgeError(text)
        return self._native.invoke(message, deliver)

    def watch(self, watcher: Watcher) -> None:
        """
        Have somebody hear of every call from now on.

        Args:
            watcher: called on the bridge's loop; it must not raise.
        """
        self._native.watch(watcher)

    def abandon(self, deliver: Deliver) -> None:
        """End the calls of a logic-side client that has gone, as aborted."""
        self._native.abandon("the logic is gone", deliver)

    def _report(self, record: Record | None, name: str, error: BaseException) -> None:
        self.callback_errors.append(error)
        if record is None:
            log().error(f"an error in {name}", target=self.target, exc_info=error)
            return
        record.callback_errors = [*record.callback_errors, f"{name}: {error!r}"]
        self._native.log_callback_error(record, name, error)
