"""
What a pytest run keeps of its calls: a trace of each test that fails, and a page of all on request.

Each process appends whole records to a file of its own. With pytest-xdist the page is made of what
the workers have left, though one of them was killed.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import sys
import tempfile
import time
import zlib
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, cast

import pytest

from bridge.arrived import traced, upload_of
from bridge.errors import BridgeError

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator, Sequence

    from bridge.runtime import Bridge
    from bridge.trace import Record
    from bridge.uploads import Upload

FOLDER: Final = "minibridge"
"""Where the traces lie in pytest's cache; those of an earlier run go when a test fails anew."""
_BEGAN: Final = "minibridge_began"
_SPOOL: Final = "minibridge_spool"
_COARSE: Final = 1.0
"""Seconds by which a file system's time may lie behind the clock."""
_NAME_LENGTH: Final = 100


class Traces:
    """
    The traces of one run, as a plugin of pytest.

    Args:
        config: the run's.
        page: what `--bridge-report` names, None where no page is wanted.
    """

    def __init__(self, config: pytest.Config, page: str | None) -> None:
        self._config = config
        self._page = None if page is None else config.invocation_params.dir / page
        self._worker = cast("dict[str, Any] | None", getattr(config, "workerinput", None))
        self._began: float = time.time() if self._worker is None else self._worker[_BEGAN]
        self._spool = self._spool_of(self._worker)
        self._folder: Path | None = None
        self._said = ""

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node: Any) -> None:  # noqa: ANN401  pytest-xdist may be absent
        """Tell a worker of pytest-xdist when the run began, and where the page is gathered."""
        node.workerinput[_BEGAN] = self._began
        if self._spool is not None:
            node.workerinput[_SPOOL] = str(self._spool)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Keep the trace of a test that fails, and gather each one's for the page."""
        report = yield
        bridge = _bridge_of(item)
        if bridge is not None and bridge.calls:
            uploads = getattr(item.funcargs.get("upload_server"), "uploads", ())  # type: ignore[attr-defined]  # it has a bridge
            if report.failed:
                report.sections.append(("minibridge", self._kept(item.nodeid, bridge, uploads)))
            if call.when == "teardown" and self._spool is not None:
                with (self._spool / f"{os.getpid()}.jsonl").open("ab", buffering=0) as file:
                    file.write(_lines(bridge.calls, item.nodeid, uploads))
        return report

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self) -> None:
        """Write the page."""
        if self._page is None or self._spool is None or self._worker is not None:
            return
        try:
            self._said = self._written(self._page, self._spool)
        except BridgeError as error:
            self._said = str(error)
        finally:
            shutil.rmtree(self._spool, ignore_errors=True)

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Say where the page is."""
        if self._said:
            terminalreporter.write_line(f"minibridge: {self._said}")

    def _spool_of(self, worker: dict[str, Any] | None) -> Path | None:
        if self._page is None:
            return None
        if worker is None:
            return Path(tempfile.mkdtemp(prefix="minibridge-"))
        return Path(worker[_SPOOL])

    def _kept(self, nodeid: str, bridge: Bridge, uploads: Sequence[Upload]) -> str:
        """Keep a trace; return where it is, and in a line what last went wrong."""
        from bridge.why import story_of  # noqa: PLC0415  for a test that failed

        told = f"{_many(len(bridge.calls))} on {bridge.target}"
        try:
            file = self._kept_in() / _file_name(nodeid)
            file.write_bytes(_lines(bridge.calls, nodeid, uploads))
        except OSError as error:
            return f"the trace of {told} could not be kept: {error.strerror}"
        where = os.path.relpath(file, self._config.invocation_params.dir)
        return "\n".join([*story_of(bridge.calls), f"trace of {told}: {where}"])

    def _kept_in(self) -> Path:
        """Return the folder of this run's traces; without pytest's cache it is a new one."""
        if self._folder is None:
            cache = getattr(self._config, "cache", None)
            new = tempfile.mkdtemp(prefix="minibridge-") if cache is None else cache.mkdir(FOLDER)
            self._folder = Path(new)
            for old in self._folder.glob("*.jsonl"):
                if old.stat().st_mtime < self._began - _COARSE:
                    old.unlink(missing_ok=True)
        return self._folder

    def _written(self, page: Path, spool: Path) -> str:
        from bridge.report import write_report  # noqa: PLC0415  for who asks

        trace = spool / "pytest.jsonl"
        parts = sorted(spool.glob("*.jsonl"))
        if not parts:
            return f"no test made a call, so {page.name} was not written"
        with trace.open("wb") as whole:
            for part in parts:
                with part.open("rb") as file:
                    shutil.copyfileobj(file, whole)
        calls = write_report(trace, page).written.calls
        where = os.path.relpath(page, self._config.invocation_params.dir)
        return f"{_many(calls)} on the page {where}"


def _bridge_of(item: pytest.Item) -> Bridge | None:
    """Return the bridge of a test, unless the fixture of that name is somebody else's."""
    opened = (getattr(item, "funcargs", None) or {}).get("bridge")
    if opened is None or "bridge.runtime" not in sys.modules:
        return None
    from bridge.runtime import Bridge  # noqa: PLC0415  it is loaded already

    return opened if isinstance(opened, Bridge) else None


def _lines(records: Sequence[Record], nodeid: str, uploads: Sequence[Upload]) -> bytes:
    """Return records as lines of a trace, under the name of their test."""
    return "".join(f"{json.dumps(data)}\n" for data in _data(records, nodeid, uploads)).encode()


def _data(
    records: Sequence[Record], nodeid: str, uploads: Sequence[Upload]
) -> Iterator[dict[str, object]]:
    for record in records:
        upload = upload_of(record, uploads)
        number = None if upload is None else upload.number
        yield traced(record, upload) | {"session": nodeid, "sink_upload": number}


def _many(calls: int) -> str:
    return "1 call" if calls == 1 else f"{calls} calls"


def _file_name(nodeid: str) -> str:
    """Return a name that no other test has, and that a person knows again."""
    words = re.sub(r"[^\w.-]+", "-", nodeid)[-_NAME_LENGTH:].strip("-")
    return f"{words}-{zlib.crc32(nodeid.encode()):08x}.jsonl"
