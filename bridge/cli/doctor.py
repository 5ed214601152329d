"""`minibridge doctor`: what is installed, which platforms are registered, and one real upload."""

from __future__ import annotations

import asyncio
import hashlib
import os
import re
import socket
import sys
from dataclasses import asdict, dataclass
from importlib import metadata
from importlib.util import find_spec
from typing import TYPE_CHECKING

from bridge import registry
from bridge.errors import BridgeError
from bridge.look import Cell, Row, Table

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Iterator

    from bridge.look import Screen, Style

_NEEDS = re.compile(r"(?P<name>[\w.-]+)[^;]*(?:;.*?extra *== *['\"](?P<extra>[\w-]+)['\"])?")
_PICTURE = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 512


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at; `ok` is None where its absence does no harm."""

    section: str
    name: str
    told: str
    ok: bool | None = True


def run(args: Namespace, screen: Screen) -> int:
    """Look at everything; 1 when something is broken."""
    found = [*_versions(), *_features(), *_platforms(), _self_check()]
    healthy = all(one.ok is not False for one in found)
    if args.json:
        screen.json({"ok": healthy, "findings": [asdict(one) for one in found]})
    else:
        _show(found, screen, healthy=healthy)
    return 0 if healthy else 1


def _show(found: list[Finding], screen: Screen, *, healthy: bool) -> None:
    marks: dict[bool | None, tuple[str, Style]] = {
        True: ("ok", "good"),
        False: ("broken", "bad"),
        None: ("-", "dim"),
    }
    width = max(len(one.name) for one in found)
    for section in dict.fromkeys(one.section for one in found):
        screen.line(Cell(section, "bold"))
        rows = [
            Row(
                (
                    Cell(marks[one.ok][0].ljust(6), marks[one.ok][1]),
                    Cell(one.name.ljust(width)),
                    Cell(one.told),
                )
            )
            for one in found
            if one.section == section
        ]
        screen.table(Table(("", "", ""), rows), 2)
        screen.write("")
    verdict = Cell("all is well", "good") if healthy else Cell("something is broken", "bad")
    screen.line(verdict)


# --- what is installed


def _versions() -> Iterator[Finding]:
    python = ".".join(map(str, sys.version_info[:3]))
    yield Finding("Versions", "python", f"{python} on {sys.platform}")
    yield Finding("Versions", "minibridge", metadata.version("minibridge"))
    for need in metadata.requires("minibridge") or ():
        matched = _NEEDS.match(need)
        if matched is not None:
            yield _package(matched["name"], matched["extra"])


def _package(name: str, extra: str | None) -> Finding:
    section = "Versions" if extra is None else "Extras"
    shown = name if extra is None else f"{name} ({extra})"
    try:
        return Finding(section, shown, metadata.version(name))
    except metadata.PackageNotFoundError:
        if extra is None:
            return Finding(section, shown, "missing: install minibridge again", ok=False)
        return Finding(section, shown, f"absent: pip install 'minibridge[{extra}]'", ok=None)


def _features() -> Iterator[Finding]:
    sendfile, tcp_info = hasattr(os, "sendfile"), hasattr(socket, "TCP_INFO")
    uvloop = find_spec("uvloop") is not None
    yield _feature("sendfile", "files go from disk to socket", "files are read in pieces", sendfile)
    yield _feature("TCP_INFO", "profile.rtt is measured", "profile.rtt is 0", tcp_info)
    yield _feature("uvloop", "installed, for whoever runs it", "asyncio's own loop serves", uvloop)


def _feature(name: str, present: str, absent: str, found: bool) -> Finding:  # noqa: FBT001  a table row
    return Finding("Features", name, present if found else absent, ok=True if found else None)


# --- what is registered


def _platforms() -> Iterator[Finding]:
    try:
        found = registry.everything()
    except BridgeError as error:
        yield Finding("Platforms", "registry", str(error), ok=False)
        return
    owners = _owners()
    for platform in found:
        owner = owners.get(platform.name.replace(":", "-"), "")
        foreign = "" if owner == "minibridge" else f", from {owner}"
        yield Finding("Platforms", platform.name, f"{platform.title}{foreign}")
    for name, why in registry.broken().items():
        yield Finding("Platforms", name, why, ok=False)


def _owners() -> dict[str, str]:
    """Return the distribution behind each entry point."""
    entries = metadata.entry_points(group=registry.GROUP)
    return {entry.name: entry.dist.name if entry.dist else "" for entry in entries}


# --- one upload


def _self_check() -> Finding:
    try:
        told = asyncio.run(_upload())
    except Exception as error:  # noqa: BLE001  whatever it is, it is the finding
        return Finding("Self-check", "upload", f"{type(error).__name__}: {error}", ok=False)
    return Finding("Self-check", "upload", told)


async def _upload() -> str:
    """Upload for real; raises where a call fails or other bytes arrive than were sent."""
    from bridge.runtime import Bridge  # noqa: PLC0415  a broken installation must not stop a doctor
    from bridge.sink import UploadServer  # noqa: PLC0415

    async with UploadServer() as server, Bridge("wx") as bridge:
        picture = bridge.files.add("doctor.png", _PICTURE)
        options = {"url": f"{server.url}/doctor", "filePath": picture, "name": "file"}
        await bridge.api.uploadFile(options)
        server.last.assert_file(name="file", sha256=hashlib.sha256(_PICTURE).hexdigest())
        ms = bridge.calls[0].times["end"]
        return f"wx, {len(_PICTURE):,} bytes to {server.url} and back in {ms:.0f} ms, intact"
