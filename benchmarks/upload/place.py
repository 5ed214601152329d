"""
Where the measurements run: in a private network with plain TCP, where the system allows one.

Some machines pace TCP by default (bbr), loopback included, which makes every client look alike.
A network namespace of our own has its own congestion control and no other traffic.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import socket
import struct
import subprocess
import sys
from pathlib import Path
from typing import Final

CONTROL: Final = Path("/proc/sys/net/ipv4/tcp_congestion_control")
_INSIDE: Final = "MINIBRIDGE_BENCHMARK_NETWORK"
_INTERFACE: Final = struct.Struct("16sH14x")
_GET_FLAGS, _SET_FLAGS, _UP = 0x8913, 0x8914, 0x1  # linux/sockios.h and linux/if.h
_WAYS: Final = (("unshare", "--net"), ("unshare", "--net", "--map-root-user"))


def enter(arguments: list[str]) -> None:
    """Start this program again in a network of its own, unless it is in one or cannot have one."""
    if _INSIDE in os.environ:
        _set_up()
        return
    way = _way()
    if way is not None:
        command = [*way, sys.executable, "-m", *arguments]
        os.execvpe(command[0], command, os.environ | {_INSIDE: " ".join(way)})  # noqa: S606


def description() -> str:
    """Say which network this is, and so which figures to read."""
    control = CONTROL.read_text(encoding="ascii").strip() if CONTROL.exists() else "unknown"
    if _INSIDE in os.environ:
        return f"a private network with {control}: read the times"
    return f"the machine's own network with {control}, no private one allowed: read the CPU"


def private() -> bool:
    """Tell whether this is a network of our own."""
    return _INSIDE in os.environ


def _way() -> tuple[str, ...] | None:
    """Return the command that gives a program a network of its own, or None."""
    if shutil.which("unshare") is None:
        return None
    for way in _WAYS:
        tried = subprocess.run([*way, "true"], capture_output=True, check=False)
        if not tried.returncode:
            return way
    return None


def _set_up() -> None:
    """Bring up loopback, and ask for the one congestion control every kernel has."""
    with socket.socket() as any_socket:
        asked = fcntl.ioctl(any_socket, _GET_FLAGS, _INTERFACE.pack(b"lo", 0))
        name, flags = _INTERFACE.unpack(asked)
        fcntl.ioctl(any_socket, _SET_FLAGS, _INTERFACE.pack(name, flags | _UP))
    try:
        CONTROL.write_text("reno", encoding="ascii")
    except OSError as error:
        print(f"the network keeps its congestion control: {error}", file=sys.stderr)
