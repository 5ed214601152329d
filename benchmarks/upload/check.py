"""Before anything is measured: each client's file arrives, byte for byte."""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING, Final

from benchmarks.upload.job import Job
from benchmarks.upload.runs import CLIENTS, sink

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

# Below and above each threshold, and nothing that divides by a power of two.
SIZES: Final = (1, 40_001, 100_003, 3_000_017)
_AT_ONCE: Final = 3


async def arrives(name: str, folder: Path, sizes: Iterable[int] = SIZES) -> None:
    """
    Have one client upload files of several sizes, alone and three at once, and compare hashes.

    Raises:
        RuntimeError: other bytes arrived, or not as many.
    """
    warm = _file(folder, 1024)
    with sink("hash", folder) as hashing:
        for size in sizes:
            for parallel in (1, _AT_ONCE):
                if parallel > 1 and name in ALONE:
                    continue
                file = _file(folder, size)
                job = Job("", str(file), str(warm), count=parallel, parallel=parallel)
                _, totals = await CLIENTS[name].checked(hashing, job)
                wanted = sha256(file.read_bytes()).hexdigest()
                if (totals.sha256, totals.same) != (wanted, parallel):
                    raise RuntimeError(f"{name} sent {totals} instead of {wanted}, for {job}")


ALONE: Final = frozenset({"C sendfile", "curl -F"})
"""Clients that send one file after the other."""


def _file(folder: Path, size: int) -> Path:
    """Return a file of so many bytes, different ones for each size."""
    path = folder / f"{size}.check"
    if not path.exists():
        block = sha256(str(size).encode()).digest()
        path.write_bytes((block * (size // len(block) + 1))[:size])
    return path
