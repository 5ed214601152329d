"""
Measure how exactly a slow network is as slow as asked for: `python -m benchmarks.network`.

A plain server in a thread of its own looks at its clock when the first and the last byte of a body
arrive. The goal is to be within 5 % over 10 MB. All of it takes about a minute.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import re
import socket
import sys
import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from benchmarks import measure
from benchmarks.measure import Comparison, turns
from bridge import Bridge
from bridge.conditions import PRESETS

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

MB = 1_000_000
GOAL = 5.0
_LENGTH = re.compile(rb"content-length: *(\d+)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Sizes:
    """How much is measured: `size` in bytes, `rounds` counted ones."""

    size: int = 10 * MB
    rounds: int = 3


QUICK = Sizes(MB, 2)


class Seen(NamedTuple):
    """One body as it arrived: bytes, and the seconds between its first and its last."""

    size: int
    seconds: float


class Server:
    """
    A server on loopback that answers each upload with so many bytes, one connection each.

    Args:
        answer: bytes of the body of its answers.
    """

    def __init__(self, answer: int = 2) -> None:
        self.seen: list[Seen] = []
        self._answer = b"x" * answer
        self._listening = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.url = f"http://127.0.0.1:{self._listening.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        """Take no more connections."""
        self._listening.close()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listening.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with connection:
            received = bytearray()
            while b"\r\n\r\n" not in received:
                received += connection.recv(1 << 16)
            head, _, rest = bytes(received).partition(b"\r\n\r\n")
            length = _LENGTH.search(head)
            self.seen.append(_body(connection, int(length[1]) if length else 0, len(rest)))
            head = b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: %d\r\n\r\n"
            connection.sendall(head % len(self._answer) + self._answer)


def _body(connection: socket.socket, size: int, got: int) -> Seen:
    """Read a body to its end; the clock starts with its first piece, which is not counted then."""
    if size and not got:
        got = len(connection.recv(1 << 18))
    start, first = time.perf_counter(), got
    while got < size:
        got += len(connection.recv(1 << 18))
    return Seen(size - first, time.perf_counter() - start)


async def uploading(size: int, rate: float, calls: int) -> float:
    """Return how far the bandwidth of uploads was off, in percent, as their server saw it."""
    server = Server()
    async with Bridge("wx") as bridge:
        bridge.network.slow(up=rate)
        path = bridge.files.add("film.mp4", os.urandom(size // calls))
        options = {"url": server.url, "filePath": path, "name": "film", "timeout": 600_000}
        began = time.perf_counter()
        done = await asyncio.gather(*(bridge.call("uploadFile", options) for _ in range(calls)))
        whole = time.perf_counter() - began
    server.close()
    _check([outcome.ok for outcome in done])
    if calls > 1:  # they share the bandwidth: what counts is all of it
        sent = sum(outcome.record.request.size for outcome in done if outcome.record.request)
        return _off(sent / whole, rate)
    [seen] = server.seen
    return _off(seen.size / seen.seconds, rate)


async def downloading(size: int, rate: float) -> float:
    """Return how far the bandwidth of an answer was off, in percent."""
    server = Server(size)
    async with Bridge("wx") as bridge:
        bridge.network.slow(down=rate)
        outcome = await bridge.call("request", {"url": server.url, "timeout": 600_000})
    server.close()
    _check([outcome.ok])
    times = outcome.record.times
    return _off(size / (times["end"] - times["first_byte"]) * 1000, rate)


def _off(measured: float, asked: float) -> float:
    return (measured / asked - 1) * 100


def _check(ok: list[bool]) -> None:
    if not all(ok):
        message = "a measured call failed"
        raise RuntimeError(message)


def subjects(sizes: Sizes) -> dict[str, Callable[[], Awaitable[float]]]:
    """Return everything that is measured, by name."""
    size = sizes.size
    wifi, fast = PRESETS["wifi"].slow, PRESETS["4g"].slow
    up, down = wifi.up or 0.0, fast.down or 0.0
    return {
        "up 1.875 MB/s (wifi)": lambda: uploading(size, up, 1),
        "up 10 MB/s": lambda: uploading(size, 10 * MB, 1),
        "up 50 MB/s": lambda: uploading(size, 50 * MB, 1),
        "up 5 MB/s, shared by 5 uploads": lambda: uploading(size, 5 * MB, 5),
        "down 0.5 MB/s (4g), a fifth of it": lambda: downloading(size // 5, down),
        "down 10 MB/s": lambda: downloading(size, 10 * MB),
    }


async def _measure(sizes: Sizes) -> int:
    title = f"Bandwidth beside what was asked for, over {sizes.size / MB:g} MB"
    comparison = Comparison(title, "% off", "lower", {})
    comparison.values.update(await turns(subjects(sizes), sizes.rounds))
    print(measure.table(comparison), end="\n\n")
    print(measure.write("network", measure.machine(), [comparison]))
    if sizes == QUICK:
        print("too little was sent to judge the goal")
        return 0
    worst = max(abs(comparison.median(name)) for name in comparison.values)
    verdict = "held" if worst <= GOAL else "missed"
    print(f"goal: within {GOAL:g} %: {verdict}; the worst median is {worst:.2f} % off")
    return 0 if worst <= GOAL else 1


def main(arguments: list[str]) -> int:
    """Measure; 0 where the goal is held."""
    parser = argparse.ArgumentParser(prog="benchmarks.network", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="little, to see that everything works")
    options = parser.parse_args(arguments)
    return asyncio.run(_measure(QUICK if options.quick else Sizes()))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
