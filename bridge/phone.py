"""What one emulated environment stands on, handed to every part of its native side."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from bridge.clock import Chance
    from bridge.device.storage import Storage
    from bridge.device.ui import Ui
    from bridge.files import Files
    from bridge.network import Network
    from bridge.pickers import Album
    from bridge.target import Target
    from bridge.transport import Transport


@dataclass(frozen=True, slots=True)
class Phone:
    """The device's files and network, and the mini-program's identity."""

    target: Target
    files: Files
    album: Album
    network: Network
    storage: Storage
    ui: Ui
    chance: Chance
    transport: Callable[[], Transport]
    appid: str
    page_version: str
    overrides: Mapping[str, object]
