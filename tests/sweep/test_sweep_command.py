"""`minibridge sweep` as a person meets it."""

from __future__ import annotations

import os
import pty
import re
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from bridge.sweep.ledger import Ledger
from bridge.sweep.reading import read
from bridge.sweep.scenario import Result
from bridge.sweep.work import line_of
from tests.sweep.folders import SECONDS

if TYPE_CHECKING:
    from tests.sweep.folders import Folder, Ran

TEXT = """\
targets = ["wx", "my"]
conditions = ["none", "offline"]
seeds = 2

[scenarios]
calls = ["file.json"]
"""
ONE = ("--jobs", "1")
"""For a test of what is told: by how many processes it was played is told nowhere."""


def test_a_sweep_ends_with_a_table(folder: Folder) -> None:
    """A line for each target and condition; why others failed stands below on narrow screens."""
    folder.plan(TEXT)
    ran = folder.sweep()
    assert 0 == ran.status
    lines = ran.out.splitlines()
    assert "TARGET  CONDITION  PASSED  PLAYED  P50 MS  P90 MS  P99 MS" == lines[0]
    assert re.fullmatch(r"wx      none         100%       2 +[\d.,]+ +[\d.,]+ +[\d.,]+", lines[1])
    assert re.fullmatch(r"wx      offline        0%       2 +[\d.]+ +[\d.]+ +[\d.]+", lines[2])
    assert "    offline 2" == lines[3]
    assert "4 passed, 4 failed" == lines[-1]
    assert re.fullmatch(r"8 scenarios played in [\d.]+ s: out\.jsonl\n", ran.err)
    assert max(map(len, lines)) <= 80


def test_on_a_wide_screen_the_reasons_stand_beside(folder: Folder) -> None:
    """The second time there is nothing to play, and the table is the same."""
    folder.plan(TEXT)
    folder.sweep(*ONE)
    folder.env["COLUMNS"] = "200"
    ran = folder.sweep("--resume")
    lines = ran.out.splitlines()
    assert lines[0].endswith("P99 MS  WHY THE OTHERS FAILED")
    assert [True, True] == [lines[at].endswith("  offline 2") for at in (2, 4)]
    assert ran.err.endswith(" s, 8 were there: out.jsonl\n")


def test_a_sweep_can_be_read_as_json(folder: Folder) -> None:
    """The same, and nothing else on standard output."""
    folder.plan(TEXT)
    found = folder.sweep("--json", *ONE).json
    assert ["groups"] == list(found)
    assert [("wx", "none", 1.0), ("wx", "offline", 0.0), ("my", "none", 1.0)] == [
        (group["target"], group["condition"], group["rate"]) for group in found["groups"][:3]
    ]


def record(folder: Folder, *results: Result) -> Ran:
    """Write what scenarios came to, as workers would, and have it shown."""
    path = folder.plan(f'seeds = {len(results)}\n[scenarios]\ncalls = ["file.json"]\n')
    plan = read(path)
    with Ledger(folder.path / "out.jsonl", plan) as ledger:
        ledger.add(line_of(plan.scenario(n), result) for n, result in enumerate(results))
    return folder.sweep("--resume")


def test_many_reasons_are_cut_short(folder: Folder) -> None:
    """The most frequent ones are named."""
    failed = [Result("failed", name, 1.0) for name in ("a", "b", "a", "c", "d", "e", "f", "f")]
    assert "    a 2, f 2, b 1, c 1, for other reasons 2\n" in record(folder, *failed).out


def test_a_rate_is_not_rounded_to_all_or_none(folder: Folder) -> None:
    """One failure in two thousand shows; so does a crash, in the exit status."""
    results = [*[Result("passed", "", 12_345.6)] * 1999, Result("crashed", "its worker died")]
    ran = record(folder, *results)
    assert re.search(r"wx +none +99\.9% +2,000 +12,346 +12,346 +12,346\n", ran.out)
    assert "1,999 passed, 1 crashed" in ran.out
    assert 1 == ran.status


def test_what_was_only_skipped_has_no_rate(folder: Folder) -> None:
    """Nor any times."""
    ran = record(folder, Result("skipped", "lacks: api:x"))
    assert re.search(r"wx +none +- +0 +- +- +-\n", ran.out)
    assert 0 == ran.status


@pytest.mark.parametrize(
    ("flags", "told"),
    [
        (("--jobs", "0"), "argument --jobs: '0' is not a number of processes"),
        (("--jobs", "two"), "'two' is not a number of processes"),
        (("--scheduler", "tcp://127.0.0.1:1"), "no Dask scheduler answers at 'tcp://127.0.0.1:1'"),
        (("--scheduler", "nonsense://"), "no Dask scheduler answers at 'nonsense://'"),
    ],
)
def test_a_wrong_flag_is_told_in_a_sentence(
    folder: Folder, flags: tuple[str, ...], told: str
) -> None:
    """And is a usage error."""
    folder.plan(TEXT)
    ran = folder.sweep(*flags)
    assert 2 == ran.status
    assert told in ran.err
    assert 1 == ran.err.count("\n")


def test_a_wrong_plan_is_told_and_leaves_no_file(folder: Folder) -> None:
    """In one sentence."""
    folder.plan("targets = []")
    ran = folder.sweep()
    assert (2, "") == (ran.status, ran.out)
    assert "minibridge: plan.toml: scenarios names none" in ran.err
    assert not (folder.path / "out.jsonl").exists()


def test_results_are_not_overwritten(folder: Folder) -> None:
    """Without `--resume` a file that is there is an error."""
    folder.plan(TEXT)
    folder.sweep(*ONE)
    before = folder.records()
    ran = folder.sweep()
    assert 2 == ran.status
    assert "minibridge: 'out.jsonl' is there already: --resume goes on with it\n" == ran.err
    assert before == folder.records()


def test_without_the_library_a_cluster_is_missing(folder: Folder) -> None:
    """As an engine can be."""
    (folder.layer / "distributed.py").write_text("raise ModuleNotFoundError('no distributed')")
    folder.plan(TEXT)
    ran = folder.sweep("--scheduler", "tcp://127.0.0.1:1")
    assert 3 == ran.status
    told = "--scheduler needs Dask's distributed: pip install 'minibridge[sweep]'"
    assert f"minibridge: {told}\n" == ran.err


def test_a_full_disk_is_told_and_the_file_can_be_gone_on_with(folder: Folder) -> None:
    """What was written of the last line is cut off."""
    folder.plan('seeds = 60\n[scenarios]\ncalls = ["file.json"]\n')
    code = (
        "import resource, sys; resource.setrlimit(resource.RLIMIT_FSIZE, (2000, 2000));"
        "from bridge.cli import main; sys.exit(main())"
    )
    argv = [sys.executable, "-c", code, "sweep", "plan.toml", "-o", "out.jsonl"]
    done = subprocess.run(
        argv,
        cwd=folder.path,
        env=os.environ | folder.env,
        capture_output=True,
        text=True,
        check=False,
        timeout=SECONDS,
    )
    assert 2 == done.returncode
    assert "cannot write 'out.jsonl': File too large; --resume goes on" in done.stderr
    assert 2000 == (folder.path / "out.jsonl").stat().st_size
    assert 0 == folder.sweep("--resume", *ONE).status
    assert 60 == len(folder.records())


def test_a_terminal_is_shown_how_far_it_is(folder: Folder) -> None:
    """A bar with the count, the rate and the time that is left, on standard error."""
    folder.plan('seeds = 400\nconditions = ["offline"]\n[scenarios]\ncalls = ["file.json"]\n')
    master, slave = pty.openpty()
    argv = [sys.executable, "-m", "bridge.cli", "sweep", "plan.toml", "-o", "out.jsonl"]
    env = os.environ | folder.env | {"COLUMNS": "100", "TERM": "xterm"}
    with subprocess.Popen(
        argv, cwd=folder.path, env=env, stdout=subprocess.PIPE, stderr=slave
    ) as process:
        os.close(slave)
        shown = b""
        while piece := _read(master):
            shown += piece
    os.close(master)
    assert 0 == process.returncode
    assert re.search(rb"\d+/400", shown)
    assert re.search(rb"\d+/s", shown)
    assert re.search(rb"\d:\d\d:\d\d", shown)
    assert re.search(rb"\d+ failed", shown)


def _read(master: int) -> bytes:
    """What a terminal shows next; nothing once its other side is closed."""
    try:
        return os.read(master, 65536)
    except OSError:
        return b""
