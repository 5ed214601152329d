"""Sinks, and clients in fresh processes whose uploads are counted by the sink."""

from __future__ import annotations

import asyncio
import json
import os
import ssl
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import dataclass, replace
from http.client import HTTPConnection, HTTPSConnection
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Final

from benchmarks.upload import peers
from benchmarks.upload.job import Job, Sample
from benchmarks.upload.peers import Missing

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence

    Command = Callable[["Sink", Job], Sequence[str]]
    Read = Callable[["Ended"], Sample]

ROOT: Final = Path(__file__).parents[2]
FILE_NAME: Final = "a.bin"
_TYPE: Final = "application/octet-stream"
_OVERHEAD: Final = 1024  # more than any client's boundaries and part headers take


@dataclass(frozen=True, slots=True)
class Totals:
    """
    What a sink counted: bodies that arrived in full, and their bytes.

    One that hashes also tells the newest file's SHA-256, and how many in a row had that one.
    """

    uploads: int
    bytes: int
    sha256: str = ""
    same: int = 0


@dataclass(frozen=True, slots=True)
class Sink:
    """A running sink: its port, and the certificate of its authority if it speaks TLS."""

    port: int
    authority: str = ""

    @property
    def url(self) -> str:
        """Return its address."""
        return f"{'https' if self.authority else 'http'}://127.0.0.1:{self.port}"

    def take_totals(self) -> Totals:
        """Return what arrived since this was last asked."""
        return Totals(**json.loads(self._ask()))

    def _ask(self) -> bytes:
        if self.authority:
            context = ssl.create_default_context(cafile=self.authority)
            connection: HTTPConnection = HTTPSConnection("127.0.0.1", self.port, context=context)
        else:
            connection = HTTPConnection("127.0.0.1", self.port)
        try:
            connection.request("GET", "/")
            return connection.getresponse().read()
        finally:
            connection.close()


_NOTHING: Final = Totals(0, 0)


@contextmanager
def sink(mode: str, folder: Path) -> Iterator[Sink]:
    """
    Run a sink: `count`, `hash` or `tls`.

    Raises:
        SystemExit: it needs a C compiler, and there is none.
    """
    authority = str(folder / "authority.pem") if mode == "tls" else ""
    child = subprocess.Popen(
        _sink_command(mode, authority), stdout=subprocess.PIPE, text=True, cwd=ROOT
    )
    try:
        assert child.stdout is not None  # noqa: S101  it was asked for
        yield Sink(int(child.stdout.readline()), authority)
    finally:
        ended = child.poll()
        child.kill()
        child.communicate()
        if ended is not None:
            print(f"the sink ended by itself with {ended}", file=sys.stderr)


def _sink_command(mode: str, authority: str) -> list[str]:
    if mode == "tls":
        return [sys.executable, "-m", "benchmarks.upload.tls_sink", authority]
    program = peers.compiled("sink")
    if isinstance(program, Missing):
        raise SystemExit(f"nothing can be measured without the sink: {program.reason}")
    return [str(program), mode]


@dataclass(frozen=True, slots=True)
class Ended:
    """A process that has ended well: its output, and what the system says it took."""

    output: str
    seconds: float
    cpu: float


@dataclass(frozen=True, slots=True)
class Client:
    """
    One client: how it is started, and how its figures are read.

    Attributes:
        command: its command line.
        read: reads a sample off its output and what the system says.
        needs: the peer it cannot do without, where it may be missing.
        environment: what its environment has besides.
        warms: whether it does the job's warm-up.
        loop: the event loop it runs on, where that can be chosen.
    """

    command: Command
    read: Read
    needs: Callable[[], object] = lambda: None
    environment: Callable[[], Mapping[str, str]] = dict
    warms: bool = True
    loop: str = "asyncio"

    def missing(self) -> str | None:
        """Return why it cannot run here, or None."""
        found = self.needs()
        return found.reason if isinstance(found, Missing) else None

    async def run(self, sink: Sink | None, job: Job) -> Sample:
        """Run the job in a fresh process; raises `RuntimeError` if the sink counted otherwise."""
        return (await self.checked(sink, job))[0]

    async def checked(self, sink: Sink | None, job: Job) -> tuple[Sample, Totals]:
        """Run the job as `run` does, and return what the sink counted as well."""
        return await asyncio.to_thread(self._run, sink, replace(job, loop=self.loop))

    def _run(self, sink: Sink | None, job: Job) -> tuple[Sample, Totals]:
        if sink is None:
            nobody = Sink(9)
            job = replace(job, url=nobody.url)
            return self.read(process(self.command(nobody, job), self.environment())), _NOTHING
        job = replace(job, url=sink.url, authority=sink.authority)
        sink.take_totals()
        ended = process(self.command(sink, job), self.environment())
        totals = sink.take_totals()
        self._check(totals, job)
        return self.read(ended), totals

    def _check(self, totals: Totals, job: Job) -> None:
        """Compare what arrived with what was to be sent: each file, and a little around it."""
        warm = job.parallel if self.warms else 0
        least = job.count * Path(job.file).stat().st_size + warm * Path(job.warm).stat().st_size
        most = least + totals.uploads * _OVERHEAD
        if totals.uploads != job.count + warm or not least < totals.bytes <= most:
            raise RuntimeError(f"{totals} arrived, for {job}")


def process(command: Sequence[str], environment: Mapping[str, str]) -> Ended:
    """Run a command to its end; raises `RuntimeError` unless that is a good one."""
    start = perf_counter()
    child = subprocess.Popen(
        command, stdout=subprocess.PIPE, text=True, cwd=ROOT, env={**os.environ, **environment}
    )
    assert child.stdout is not None  # noqa: S101  it was asked for
    output = child.stdout.read()
    _, status, usage = os.wait4(child.pid, 0)
    seconds = perf_counter() - start
    child.returncode = os.waitstatus_to_exitcode(status)
    child.stdout.close()
    if child.returncode:
        raise RuntimeError(f"{' '.join(command)} ended with {child.returncode}:\n{output}")
    return Ended(output, seconds, usage.ru_utime + usage.ru_stime)


# --- how each client is started and read


def _sample(ended: Ended) -> Sample:
    return Sample(**json.loads(ended.output.splitlines()[-1]))


def _python(name: str) -> Command:
    words = [sys.executable, "-m", "benchmarks.upload.client", name]
    return lambda _sink, job: [*words, job.text()]


def _raw(sink: Sink, job: Job) -> Sequence[str]:
    program = str(peers.compiled("sendfile"))
    return [program, str(sink.port), job.warm, job.file, str(job.count)]


def _fetch(_sink: Sink, job: Job) -> Sequence[str]:
    return [str(peers.command("node")), "--no-warnings", str(peers.HERE / "fetch.mjs"), job.text()]


def _curl(_sink: Sink, job: Job) -> Sequence[str]:
    trust = ["--cacert", job.authority] if job.authority else []
    form = ["--form", f"file=@{job.file};filename={FILE_NAME};type={_TYPE}"]
    quiet = ["--silent", "--show-error", "--fail", "--output", os.devnull]
    told = ["--write-out", "%{time_total}"]
    return [str(peers.command("curl")), *quiet, *told, *trust, *form, f"{job.url}/upload"]


def _read_curl(ended: Ended) -> Sample:
    """Read curl's own time; its CPU is the whole process's, start included."""
    return Sample(float(ended.output), ended.cpu)


def _curl_parallel(_sink: Sink, job: Job) -> Sequence[str]:
    """Have one curl do every upload, so many at once."""
    lines = (
        f'url = "{job.url}/upload"',
        f'form = "file=@{job.file};filename={FILE_NAME};type={_TYPE}"',
        f'output = "{os.devnull}"',
        "fail",
    )
    settings = Path(job.file).with_suffix(".curl")
    settings.write_text("\nnext\n".join(["\n".join(lines)] * job.count), encoding="utf-8")
    quiet = ["--silent", "--show-error", "--no-progress-meter"]
    parallel = ["--parallel", "--parallel-max", str(job.parallel)]
    return [str(peers.command("curl")), *quiet, *parallel, "--config", str(settings)]


def _read_process(ended: Ended) -> Sample:
    """Read the whole process's time, start included, for want of anything better."""
    return Sample(ended.seconds, ended.cpu)


def _peers_path() -> dict[str, str]:
    return {"PYTHONPATH": str(peers.httpx())}


def _own(name: str, loop: str = "asyncio") -> Client:
    needs = (lambda: peers.module("uvloop")) if loop == "uvloop" else (lambda: None)
    return Client(_python(name), _sample, needs=needs, loop=loop)


CLIENTS: Final[dict[str, Client]] = {
    "C sendfile": Client(_raw, _sample, needs=lambda: peers.compiled("sendfile")),
    "emulated": _own("emulated"),
    "emulated, uvloop": _own("emulated", "uvloop"),
    "transport": _own("transport"),
    "transport, uvloop": _own("transport", "uvloop"),
    "emulated, nothing sent": _own("emulated-null"),
    "nothing sent": _own("null"),
    "curl -F": Client(_curl, _read_curl, needs=lambda: peers.command("curl"), warms=False),
    "curl -Z": Client(
        _curl_parallel, _read_process, needs=lambda: peers.command("curl"), warms=False
    ),
    "aiohttp, open file": _own("aiohttp-file"),
    "aiohttp, open file, uvloop": _own("aiohttp-file", "uvloop"),
    "aiohttp, bytes": _own("aiohttp-bytes"),
    "aiohttp, joined by hand": _own("aiohttp-joined"),
    "aiohttp, joined by hand, uvloop": _own("aiohttp-joined", "uvloop"),
    "httpx": Client(_python("httpx"), _sample, needs=peers.httpx, environment=_peers_path),
    "Node fetch": Client(_fetch, _sample, needs=lambda: peers.command("node")),
}
"""Every client by the name it has in the tables; those in C and curl know no TLS authority."""


def runner(name: str, sink: Sink | None, job: Job) -> Callable[[], Awaitable[Sample]]:
    """Return a run of one client, for `measure.turns`."""

    async def run() -> Sample:
        return await CLIENTS[name].run(sink, job)

    return run
