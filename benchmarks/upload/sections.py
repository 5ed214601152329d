"""What is measured, part by part: the comparisons it gives, and the figures."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from typing import TYPE_CHECKING, Final

from benchmarks.measure import turns
from benchmarks.upload.bench import MIB
from benchmarks.upload.peers import HERE
from benchmarks.upload.runs import process, sink

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from benchmarks.upload.bench import Bench
    from benchmarks.upload.job import Sample
    from benchmarks.upload.runs import Sink

LIMIT: Final = "C sendfile"
EMULATED: Final = "emulated"
ON_UVLOOP: Final = "emulated, uvloop"
NAIVE: Final = "aiohttp, open file"
NAIVE_ON_UVLOOP: Final = "aiohttp, open file, uvloop"


async def large(bench: Bench) -> None:
    """One large file: throughput, CPU and memory."""
    size = bench.sizes.large
    names = (LIMIT, EMULATED, ON_UVLOOP, "curl -F", NAIVE, "httpx", "Node fetch")
    with sink("count", bench.folder) as counting:
        samples = await bench.samples(names, counting, lambda _name: bench.job(size))
    title = f"one file of {_size(size)}"
    speed = bench.compare(
        f"{title}, throughput by {bench.clock_name}",
        "MB/s",
        "higher",
        LIMIT,
        _values(samples, lambda s: size / 1e6 / bench.taken(s)),
    )
    cpu = bench.compare(
        f"{title}, CPU",
        "ms a GiB",
        "lower",
        "curl -F",
        _values(samples, lambda s: s.cpu * 1000 * (1024 * MIB) / size),
    )
    bench.ratio(f"{title}: throughput against C sendfile", (0.75, 0.95), speed, (EMULATED, LIMIT))
    bench.ratio(f"{title}: throughput against curl -F", (2.0, 2.9), speed, (EMULATED, "curl -F"))
    bench.ratio(f"{title}: throughput against aiohttp", (3.0, 4.5), speed, (EMULATED, NAIVE))
    bench.ratio(f"{title}: CPU against curl -F", (0.40, 0.20), cpu, (EMULATED, "curl -F"))
    _memory(bench, title, samples)


async def parallel(bench: Bench) -> None:
    """Ten files at once: throughput, and memory with large ones."""
    size, count = bench.sizes.medium, 20
    with sink("count", bench.folder) as counting:
        samples = await bench.samples(
            (EMULATED, ON_UVLOOP, NAIVE, NAIVE_ON_UVLOOP),
            counting,
            lambda _name: bench.job(size, count=count, parallel=10),
        )
        title = f"ten files of {_size(size)} at once"
        speed = bench.compare(
            f"{title}, throughput by {bench.clock_name}",
            "MB/s",
            "higher",
            NAIVE,
            _values(samples, lambda s: count * size / 1e6 / bench.taken(s)),
        )
        bench.ratio(f"{title}: throughput against aiohttp", (3.0, 4.0), speed, (EMULATED, NAIVE))
        size = bench.sizes.large
        samples = await bench.samples(
            (EMULATED,), counting, lambda _name: bench.job(size, count=10, parallel=10)
        )
    _memory(bench, f"ten files of {_size(size)} at once", samples)


async def delay(bench: Bench) -> None:
    """How long the event loop is kept from anything else while a file is uploaded."""
    size = bench.sizes.watched
    with sink("count", bench.folder) as counting:
        samples = await bench.samples(
            (EMULATED, ON_UVLOOP, NAIVE),
            counting,
            lambda _name: bench.job(size, count=5, beat=True),
        )
    delays = {
        name: [delay * 1000 for sample in given for delay in sample.delays]
        for name, given in samples.items()
    }
    title = f"the event loop's worst delay during an upload of {_size(size)}"
    bench.compare(f"{title}, one value an upload", "ms", "lower", NAIVE, delays)
    bench.figure(title, "ms", "lower", (10, 2), delays[EMULATED])


async def tls(bench: Bench) -> None:
    """One file over TLS, which has to be copied and encrypted in the process."""
    size = bench.sizes.watched
    names = (EMULATED, ON_UVLOOP, NAIVE, NAIVE_ON_UVLOOP, "curl -F", "httpx")
    with sink("tls", bench.folder) as secure:
        samples = await bench.samples(names, secure, lambda _name: bench.job(size))
    title = f"one file of {_size(size)} over TLS"
    values = _values(samples, lambda s: s.cpu * 1000 * (1024 * MIB) / size)
    cpu = bench.compare(f"{title}, CPU", "ms a GiB", "lower", NAIVE, values)
    wall = _values(samples, lambda s: size / 1e6 / s.seconds)
    bench.compare(f"{title}, throughput", "MB/s", "higher", NAIVE, wall)
    bench.ratio(f"{title}: CPU against aiohttp", (0.85, 0.65), cpu, (EMULATED, NAIVE))


SLOW: Final = frozenset({"httpx", "Node fetch"})


async def small(bench: Bench) -> None:
    """Files of 1 KiB, ten at once: calls a second, and what the layer takes of each."""
    names = (
        *(EMULATED, ON_UVLOOP, "transport", "transport, uvloop", NAIVE, NAIVE_ON_UVLOOP),
        *("aiohttp, bytes", "aiohttp, joined by hand", "aiohttp, joined by hand, uvloop"),
        *("curl -Z", "httpx", "Node fetch"),
    )
    count = {name: bench.sizes.calls // (10 if name in SLOW else 1) for name in names}
    with sink("count", bench.folder) as counting:
        samples = await bench.samples(
            names, counting, lambda name: bench.job(1024, count=count[name], parallel=10)
        )
    title = "files of 1 KiB, ten at once"
    rates = {
        name: [count[name] / bench.taken(sample) for sample in given]
        for name, given in samples.items()
    }
    rate = bench.compare(f"{title}, by {bench.clock_name}", "calls/s", "higher", NAIVE, rates)
    cpu = {n: [s.cpu / count[n] * 1e6 for s in given] for n, given in samples.items()}
    bench.compare(f"{title}, CPU", "us a call", "lower", NAIVE, cpu)
    bench.ratio(f"{title}: calls/s against aiohttp, open file", (3.0, 4.6), rate, (EMULATED, NAIVE))
    bench.ratio(f"{title}: calls/s against curl -Z", (0.55, 0.75), rate, (EMULATED, "curl -Z"))
    what = f"{title}: calls/s on uvloop against curl -Z"
    bench.ratio(what, (0.75, 1.0), rate, (ON_UVLOOP, "curl -Z"))


async def layer(bench: Bench) -> None:
    """What the emulation takes of a call, its record included, when nothing is sent."""
    whole, alone = "emulated, nothing sent", "nothing sent"
    count = bench.sizes.calls
    samples = await bench.samples(
        (whole, alone), None, lambda _name: bench.job(1024, count=count, parallel=10)
    )
    cpu = _values(samples, lambda s: s.cpu / count * 1e6)
    title = "a call over a transport that sends nothing, CPU"
    bench.compare(title, "us a call", "lower", alone, cpu)
    own = [a - b for a, b in zip(cpu[whole], cpu[alone], strict=True)]
    bench.figure("the layer's share of a call, record included", "us", "lower", (15, 6), own)


async def queue(bench: Bench) -> None:
    """Calls that wait for a slot: bytes and time of each."""
    count = bench.sizes.queued
    runs = {what: _waiting(what, count) for what in ("call", "scheduler")}
    given = await turns(runs, bench.sizes.rounds)
    named = {"call": "the whole call", "scheduler": "the scheduler alone"}
    title = f"{count:,} calls that wait"
    held = {named[what]: [each["bytes"] for each in rows] for what, rows in given.items()}
    taken = {named[what]: [each["seconds"] * 1e6 for each in rows] for what, rows in given.items()}
    bench.compare(f"{title}, memory without their options", "bytes a call", "lower", "", held)
    bench.compare(f"{title}, CPU to submit", "us a call", "lower", "", taken)
    bench.figure(f"{title}: memory of each", "bytes", "lower", (400, 184), held["the whole call"])
    bench.figure(f"{title}: CPU to submit each", "us", "lower", (5, 2), taken["the whole call"])


async def tests(bench: Bench) -> None:
    """A pytest test with a bridge, against the same test with bare aiohttp."""
    count = bench.sizes.tests
    names = {"bridge": "with a bridge", "aiohttp": "with bare aiohttp"}
    with sink("count", bench.folder) as counting:
        runs = {
            (name, number): _pytest(name, number, bench, counting)
            for number in (1, count)
            for name in names
        }
        given = await turns(runs, bench.sizes.rounds)
    each = {
        names[name]: [
            (many - one) / (count - 1) * 1000
            for many, one in zip(given[name, count], given[name, 1], strict=True)
        ]
        for name in names
    }
    starts = {names[name]: [taken * 1000 for taken in given[name, 1]] for name in names}
    reference = names["aiohttp"]
    title = f"a test with one upload, of {count}"
    comparison = bench.compare(f"{title}, by {bench.clock_name}", "ms", "lower", reference, each)
    bench.compare("pytest with one such test, start included", "ms", "lower", reference, starts)
    pair = (names["bridge"], reference)
    bench.ratio("a pytest test with a bridge, against bare aiohttp", (1.5, 1.0), comparison, pair)


PARTS: Final = {
    each.__name__: each for each in (large, parallel, delay, tls, small, layer, queue, tests)
}


# --- helpers


def _values(
    samples: Mapping[str, list[Sample]], read: Callable[[Sample], float]
) -> dict[str, list[float]]:
    return {name: [read(sample) for sample in given] for name, given in samples.items()}


def _size(size: int) -> str:
    return f"{size // (1024 * MIB)} GiB" if size >= 1024 * MIB else f"{size // MIB} MiB"


def _memory(bench: Bench, title: str, samples: Mapping[str, list[Sample]]) -> None:
    grown = {
        name: [sample.grown / MIB for sample in given if sample.grown is not None]
        for name, given in samples.items()
    }
    known = {name: values for name, values in grown.items() if values}
    bench.compare(f"{title}, growth of memory", "MiB", "lower", "", known)
    what = f"{title}: growth of memory"
    values = known.get(EMULATED, "the system tells no peak of memory")
    bench.figure(what, "MiB", "lower", (4, 0.5), values)


def _waiting(what: str, count: int) -> Callable[[], Awaitable[dict[str, float]]]:
    command = [sys.executable, "-m", "benchmarks.upload.waiting", what, str(count)]

    async def run() -> dict[str, float]:
        ended = await asyncio.to_thread(process, command, {})
        told: dict[str, float] = json.loads(ended.output)
        return told

    return run


def _pytest(name: str, count: int, bench: Bench, sink: Sink) -> Callable[[], Awaitable[float]]:
    plugins = ["pytest_asyncio.plugin", *(["bridge.pytest_plugin"] if name == "bridge" else [])]
    settings = ["asyncio_mode=auto", "asyncio_default_fixture_loop_scope=function"]
    command = [
        *(sys.executable, "-m", "pytest", "-q", "-c", os.devnull, "-p", "no:cacheprovider"),
        *(word for plugin in plugins for word in ("-p", plugin)),
        *(word for setting in settings for word in ("-o", setting)),
        str(HERE / "suite" / f"test_{name}.py"),
    ]
    environment = {
        "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
        "BENCHMARK_TESTS": str(count),
        "BENCHMARK_SINK": sink.url,
        "BENCHMARK_FILE": bench.job(1024).file,
    }

    async def run() -> float:
        ended = await asyncio.to_thread(process, command, environment)
        if f"{count} passed" not in ended.output:
            raise RuntimeError(ended.output)
        return bench.taken(ended)

    return run
