"""The uploads themselves: one bridge per target, one after the other, so that times mean much."""

from __future__ import annotations

from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from bridge import rules
from bridge.arrived import upload_of
from bridge.cli.progress import bar_for
from bridge.layers import UPLOAD
from bridge.options import rules_for
from bridge.runtime import Bridge
from bridge.target import resolve

if TYPE_CHECKING:
    from pathlib import Path

    from bridge.cli.progress import Bar
    from bridge.sink import UploadServer
    from bridge.target import Target
    from bridge.trace import Record
    from bridge.uploads import Upload

ORIGIN: Final = "https://upload.example.com"
"""What the mini-program writes when no `--to` names a server: the embedded one answers for it."""


@dataclass(frozen=True, slots=True)
class Plan:
    """
    What to upload.

    Attributes:
        file: the file on this machine.
        targets: addresses with their overrides.
        url: where to, or None for the embedded server.
        name: the form field.
        file_type: Alipay's `fileType`, passed only where the host knows the option.
        extra: further options, which win.
        network: the conditions it meets, as text.
    """

    file: Path
    targets: list[tuple[str, dict[str, object]]]
    url: str | None
    name: str
    file_type: str | None
    extra: dict[str, object]
    network: str = ""

    def options(self, target: Target, path: str) -> dict[str, object]:
        """Return the options as a mini-program for this target would write them."""
        url = f"{ORIGIN}/upload" if self.url is None else self.url
        options: dict[str, object] = {"url": url, "filePath": path, "name": self.name}
        if self.file_type is not None and "fileType" in rules_for(target, UPLOAD).properties:
            options["fileType"] = self.file_type
        return options | self.extra


@dataclass(slots=True)
class Answer:
    """One call, and what the embedded server saw of it."""

    record: Record
    upload: Upload | None = None


async def send(plan: Plan, found: list[Answer], *, colour: bool) -> None:
    """
    Make one call per target.

    Args:
        plan: what to send.
        found: gets an answer for each call as it ends, however it ends.
        colour: whether a progress bar may be coloured.
    """
    # Imported here for `--version`, and before the first call for its measured time.
    from bridge.sink import UploadServer  # noqa: PLC0415
    from bridge.transport.http import HttpTransport  # noqa: F401, PLC0415
    from bridge.validation import validator  # noqa: F401, PLC0415

    server = UploadServer()
    async with AsyncExitStack() as stack:
        if plan.url is None:
            await stack.enter_async_context(server)
        bar = stack.enter_context(bar_for(len(plan.targets), colour=colour))
        sender = _Sender(plan, _route(plan.url, server), found, bar)
        for name, overrides in plan.targets:
            await sender.one(name, overrides)
    match(found, server.uploads)


@dataclass(frozen=True, slots=True)
class _Sender:
    plan: Plan
    route: tuple[str, str] | None
    found: list[Answer]
    bar: Bar

    async def one(self, name: str, overrides: dict[str, object]) -> None:
        """Make one call on a fresh bridge, and keep its record whatever happens."""
        # A seed of its own gives each bridge boundaries that no other has.
        bridge = Bridge(name, seed=len(self.found), **overrides)  # type: ignore[arg-type]
        try:
            async with bridge:
                if self.route is not None:
                    bridge.route(self.route[0], to=self.route[1])
                path = bridge.files.add(self.plan.file.name, self.plan.file)
                bridge.network.apply(self.plan.network)
                options = self.plan.options(resolve(name, overrides), path)
                with self.bar.following(bridge):
                    await bridge.call(UPLOAD, options)
        finally:
            self.found.extend(map(Answer, bridge.calls))


def _route(url: str | None, server: UploadServer) -> tuple[str, str] | None:
    """Return what is dialled for what, or None where the address has no origin to permit."""
    if url is None:
        return ORIGIN, server.url
    address = rules.parse(url)
    if address is None or not rules.is_origin(address.origin):
        return None
    return address.origin, address.origin


def match(found: list[Answer], uploads: list[Upload]) -> None:
    """Give each call the upload that carried its boundary."""
    for answer in found:
        upload = upload_of(answer.record, uploads)
        if upload is not None:
            answer.upload = upload
            answer.record.sink_upload = upload.number
