"""A client in Python, in a process of its own: `python -m benchmarks.upload.client NAME JOB`."""

from __future__ import annotations

import asyncio
import gc
import json
import re
import ssl
import sys
from contextlib import asynccontextmanager, suppress
from importlib import import_module
from pathlib import Path
from secrets import token_hex
from time import perf_counter, process_time
from typing import TYPE_CHECKING, Any, Final

from benchmarks.upload.job import Job, Sample

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable
    from contextlib import AbstractAsyncContextManager

    from bridge.transport import Transport

    Upload = Callable[[str], Awaitable[None]]
    Client = Callable[[Job], AbstractAsyncContextManager[Upload]]

ORIGIN: Final = "https://api.example.com"  # wx permits no other scheme; it is routed
FILE_NAME: Final = "a.bin"
_TYPE: Final = "application/octet-stream"
_OK: Final = 200
_BEAT: Final = 0.001


# --- the clients. Each opens and reads the file anew for every upload.


@asynccontextmanager
async def emulated(job: Job) -> AsyncIterator[Upload]:
    """Go through the whole emulated call, as a mini-program makes it."""
    from bridge.transport.http import HttpTransport  # noqa: PLC0415  each client loads its own

    async with _bridge(job, HttpTransport(ssl=_tls(job))) as upload:
        yield upload


@asynccontextmanager
async def emulated_null(job: Job) -> AsyncIterator[Upload]:
    """Go through the whole emulated call, but send nothing."""
    from benchmarks.upload.null import NullTransport  # noqa: PLC0415

    async with _bridge(job, NullTransport()) as upload:
        yield upload


@asynccontextmanager
async def _bridge(job: Job, transport: Transport) -> AsyncIterator[Upload]:
    from bridge import Bridge  # noqa: PLC0415

    async with Bridge("wx", transport=transport) as bridge:
        paths = {path: bridge.files.add(FILE_NAME, Path(path)) for path in (job.file, job.warm)}
        bridge.route(ORIGIN, to=job.url)
        loop = asyncio.get_running_loop()

        async def upload(path: str) -> None:
            completed = loop.create_future()
            seen: list[object] = []
            task = bridge.api.uploadFile(
                {
                    "url": f"{ORIGIN}/upload",
                    "filePath": paths[path],
                    "name": "file",
                    "success": lambda result: seen.append(result["statusCode"]),
                    "fail": seen.append,
                    "complete": completed.set_result,
                }
            )
            task.onProgressUpdate(lambda _progress: None)
            await completed
            _check(*seen)

        yield upload


@asynccontextmanager
async def transport(job: Job) -> AsyncIterator[Upload]:
    """Send by our transport alone."""
    from benchmarks.upload.null import wired  # noqa: PLC0415
    from bridge.transport.http import HttpTransport  # noqa: PLC0415

    http = HttpTransport(ssl=_tls(job))
    try:
        yield wired(http, f"{job.url}/upload")
    finally:
        await http.aclose()


@asynccontextmanager
async def null(job: Job) -> AsyncIterator[Upload]:
    """Send nothing, by the transport that `emulated_null` goes over."""
    from benchmarks.upload.null import NullTransport, wired  # noqa: PLC0415

    yield wired(NullTransport(), f"{job.url}/upload")


@asynccontextmanager
async def aiohttp_file(job: Job) -> AsyncIterator[Upload]:
    """Send a form with an open file by aiohttp, as its documentation shows."""
    async with _aiohttp(job, lambda path: Path(path).open("rb")) as upload:
        yield upload


@asynccontextmanager
async def aiohttp_bytes(job: Job) -> AsyncIterator[Upload]:
    """Send a form with the file's content by aiohttp."""
    async with _aiohttp(job, lambda path: Path(path).read_bytes()) as upload:
        yield upload


@asynccontextmanager
async def _aiohttp(job: Job, content: Callable[[str], Any]) -> AsyncIterator[Upload]:
    import aiohttp  # noqa: PLC0415

    tls = _tls(job) or True
    async with aiohttp.ClientSession() as session:

        async def upload(path: str) -> None:
            form = aiohttp.FormData()
            form.add_field("file", content(path), filename=FILE_NAME, content_type=_TYPE)
            async with session.post(f"{job.url}/upload", data=form, ssl=tls) as response:
                await response.read()
                _check(response.status)

        yield upload


@asynccontextmanager
async def aiohttp_joined(job: Job) -> AsyncIterator[Upload]:
    """Send a form joined by hand, on a session that does nothing it need not: aiohttp's best."""
    import aiohttp  # noqa: PLC0415
    from yarl import URL  # noqa: PLC0415

    url, tls = URL(f"{job.url}/upload"), _tls(job) or True
    async with aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=0),
        cookie_jar=aiohttp.DummyCookieJar(),
        timeout=aiohttp.ClientTimeout(total=None),
    ) as session:

        async def upload(path: str) -> None:
            body, kind = _joined(path)
            headers = {"Content-Type": kind}
            async with session.post(
                url, data=body, headers=headers, allow_redirects=False, ssl=tls
            ) as response:
                await response.read()
                _check(response.status)

        yield upload


def _joined(path: str) -> tuple[bytes, str]:
    """Return a form with one file as bytes, and its type."""
    boundary = token_hex(16)
    about = f'form-data; name="file"; filename="{FILE_NAME}"\r\nContent-Type: {_TYPE}'
    head = f"--{boundary}\r\nContent-Disposition: {about}\r\n\r\n"
    with Path(path).open("rb", buffering=0) as file:
        body = b"".join((head.encode(), file.readall(), f"\r\n--{boundary}--\r\n".encode()))
    return body, f"multipart/form-data; boundary={boundary}"


@asynccontextmanager
async def httpx(job: Job) -> AsyncIterator[Upload]:
    """Send by httpx: by its faster, blocking client unless there are several at once."""
    module = import_module("httpx")
    verify = _tls(job) or False

    def form(path: str) -> dict[str, object]:
        return {"files": {"file": (FILE_NAME, Path(path).open("rb"), _TYPE)}}

    if job.parallel == 1:
        with module.Client(verify=verify, timeout=None) as client:

            async def blocking(path: str) -> None:
                _check(client.post(f"{job.url}/upload", **form(path)).status_code)

            yield blocking
        return
    async with module.AsyncClient(verify=verify, timeout=None) as client:

        async def upload(path: str) -> None:
            _check((await client.post(f"{job.url}/upload", **form(path))).status_code)

        yield upload


CLIENTS: Final[dict[str, Client]] = {
    "emulated": emulated,
    "emulated-null": emulated_null,
    "transport": transport,
    "null": null,
    "aiohttp-file": aiohttp_file,
    "aiohttp-bytes": aiohttp_bytes,
    "aiohttp-joined": aiohttp_joined,
    "httpx": httpx,
}


def _tls(job: Job) -> ssl.SSLContext | None:
    return ssl.create_default_context(cafile=job.authority) if job.authority else None


def _check(*statuses: object) -> None:
    if statuses != (_OK,):
        raise RuntimeError(f"an upload came to {statuses}")


# --- the measurement


class Beat:
    """Wakes every millisecond, and notes how late it was at worst."""

    def __init__(self) -> None:
        self.worst = 0.0
        self._task = asyncio.create_task(self._run())

    def restart(self) -> float:
        """Return the worst delay since the last time, in seconds."""
        worst, self.worst = self.worst, 0.0
        return worst

    async def stop(self) -> None:
        """Stop."""
        self._task.cancel()
        with suppress(asyncio.CancelledError):
            await self._task

    async def _run(self) -> None:
        while True:
            start = perf_counter()
            await asyncio.sleep(_BEAT)
            self.worst = max(self.worst, perf_counter() - start - _BEAT)


async def run(name: str, job: Job) -> Sample:
    """Measure one client."""
    async with CLIENTS[name](job) as upload:
        await _all(upload, job.warm, job.parallel, job.parallel)
        gc.collect()
        if job.beat:
            return await _watched(upload, job)
        held = _forget_peak()
        cpu, start = process_time(), perf_counter()
        await _all(upload, job.file, job.count, job.parallel)
        seconds, cpu = perf_counter() - start, process_time() - cpu
        return Sample(seconds, cpu, None if held is None else _memory("VmHWM") - held)


async def _watched(upload: Upload, job: Job) -> Sample:
    """Upload one after the other, and note the loop's worst delay during each."""
    beat, delays = Beat(), []
    cpu, start = process_time(), perf_counter()
    for _ in range(job.count):
        await asyncio.sleep(_BEAT)
        beat.restart()
        await upload(job.file)
        await asyncio.sleep(_BEAT)  # a beat that the upload's end kept waiting counts as well
        delays.append(beat.restart())
    seconds, cpu = perf_counter() - start, process_time() - cpu
    await beat.stop()
    return Sample(seconds, cpu, delays=delays)


async def _all(upload: Upload, path: str, count: int, parallel: int) -> None:
    left = iter(range(count))

    async def slot() -> None:
        for _ in left:
            await upload(path)

    await asyncio.gather(*[slot() for _ in range(parallel)])


def _forget_peak() -> int | None:
    """Make the peak what is held now, and return that; None where the system has no such thing."""
    peak = Path("/proc/self/clear_refs")
    if not peak.exists():
        return None
    peak.write_text("5", encoding="ascii")
    return _memory("VmRSS")


def _memory(name: str) -> int:
    """Return what /proc says of this process, in bytes."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    found = re.search(rf"^{name}:\s+(\d+) kB", status, re.MULTILINE)
    if found is None:
        raise RuntimeError(f"/proc/self/status names no {name}")
    return int(found[1]) * 1024


def main() -> None:
    """Run the job of the command line, and print what was found."""
    name, job = sys.argv[1], Job(**json.loads(sys.argv[2]))
    factory = import_module("uvloop").new_event_loop if job.loop == "uvloop" else None
    with asyncio.Runner(loop_factory=factory) as runner:
        print(runner.run(run(name, job)).text())


if __name__ == "__main__":
    main()
