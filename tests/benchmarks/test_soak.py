"""The soak, tiny: every kind of thing that could pile up is looked at, and nothing does."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks.soak.run import Row
from benchmarks.soak.state import State, look

ROOT = Path(__file__).parents[2]


def test_a_tiny_soak_leaves_nothing(tmp_path: Path) -> None:
    """Small uploads and aborted ones: what is measured is written down, and all is given back."""
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.soak", "--small=200", "--aborted=20", "--mib=8"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), *sys.path])},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (0, "") == (done.returncode, done.stderr)
    written = json.loads((tmp_path / "build/benchmarks/soak.json").read_text(encoding="utf-8"))
    rows = {row["name"]: row for row in written["figures"]}
    assert {"small uploads": 200, "aborted uploads": 20} == {
        name: row["during"][-1]["calls"] for name, row in rows.items()
    }
    assert [{}, {}] == [row["leaked"] for row in rows.values()]


@pytest.mark.parametrize("kind", ["tasks", "files", "sockets", "temporary"])
def test_what_is_left_is_told(kind: str) -> None:
    """One more of anything is one that leaked."""
    before = State(calls=0, memory=0, tasks=1, files=5, sockets=2, temporary=0)
    after = replace(before, **{kind: getattr(before, kind) + 1})
    assert {kind: 1} == Row("a row", 1.0, before, [before], after).leaked


async def test_what_is_held_is_seen(tmp_path: Path) -> None:
    """A file, a pipe, and an entry of the folder are counted where they belong."""
    before = look(0, tmp_path)
    with (tmp_path / "new").open("w", encoding="utf-8"):
        after = look(1, tmp_path)
    assert (1, 0, 1) == (
        after.files - before.files,
        after.sockets - before.sockets,
        after.temporary - before.temporary,
    )
