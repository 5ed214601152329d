"""What one client is asked to do in one process, and what it found."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field


@dataclass(frozen=True, slots=True)
class Job:
    """
    Uploads for one client in a process of its own.

    Attributes:
        url: the sink; empty for a client without one.
        file: what is uploaded.
        warm: what is uploaded before anything is measured, once for each slot.
        count: uploads measured.
        parallel: uploads at once.
        loop: `asyncio` or `uvloop`, for clients in Python.
        authority: the certificate of the sink's authority, empty for a sink without TLS.
        beat: whether to watch the event loop, which takes a little time itself.
    """

    url: str
    file: str
    warm: str
    count: int = 1
    parallel: int = 1
    loop: str = "asyncio"
    authority: str = ""
    beat: bool = False

    def text(self) -> str:
        """Return it for a command line."""
        return json.dumps(asdict(self))


@dataclass(frozen=True, slots=True)
class Sample:
    """
    What one client took.

    Attributes:
        seconds: the measured uploads' wall time.
        cpu: the process's own CPU seconds meanwhile, all threads.
        grown: bytes by which its peak lay above what it held before; None where nobody looked.
        delays: the worst delay of the event loop during each upload, in seconds.
    """

    seconds: float
    cpu: float
    grown: int | None = None
    delays: list[float] = field(default_factory=list)

    def text(self) -> str:
        """Return it for standard output."""
        return json.dumps(asdict(self))
