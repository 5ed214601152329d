"""Sweeps on processes of this machine, some of which are killed."""

from __future__ import annotations

import os
import signal
from typing import TYPE_CHECKING

from bridge.sweep.drive import TRIES
from tests.sweep.folders import busy, children_of, gone, wait_for, without_times

if TYPE_CHECKING:
    from tests.sweep.folders import Folder

MIXED = """\
targets = ["wx", "my@10.2.0", "uni/tt:feishu"]
conditions = ["none", "offline", "reset_after:40%"]
seeds = 2
routes = ["https://api.example.com"]

[scenarios]
cases = ["upload/success", "limits/older[wx 3.8.9]"]
calls = ["file.json"]
scripts = ["logic.js"]
"""
HOLDING = """\
targets = ["acme"]
seeds = 40

[scenarios]
calls = ["hold.json"]
"""


def test_any_number_of_processes_records_the_same(folder: Folder) -> None:
    """But for the times."""
    folder.plan(MIXED)
    found = []
    for jobs in ("1", "2"):
        assert 0 == folder.sweep("--jobs", jobs).status
        found.append(without_times(folder.records()))
        folder.forget()
    assert 72 == len(found[0])
    assert found[0] == found[1]
    assert {"passed", "failed", "skipped"} == {record["outcome"] for record in found[0]}


def test_what_a_killed_process_was_at_is_played_by_another(folder: Folder) -> None:
    """Each scenario is recorded once, and none as crashed."""
    folder.plan(HOLDING)
    sweeping = folder.start("--jobs", "2")
    first, second = folder.pids("holding", 2)
    os.kill(first, signal.SIGKILL)
    folder.go()
    assert 0 == sweeping.ended().status
    assert ["passed"] * 40 == [record["outcome"] for record in folder.records()]
    assert 41 <= len(folder.pids("holding", 41))
    assert second in folder.pids("holding")


def test_a_scenario_that_kills_its_process_every_time_is_recorded_as_crashed(
    folder: Folder,
) -> None:
    """After one loss with others, and a few on its own; the others are not the worse for it."""
    folder.plan('targets = ["wx", "acme"]\n[scenarios]\ncalls = ["die.json", "file.json"]\n')
    ran = folder.sweep("--jobs", "1")
    assert 1 == ran.status
    assert [
        ("die.json", "wx", "passed"),
        ("die.json", "acme/wx", "crashed"),
        ("file.json", "wx", "passed"),
        ("file.json", "acme/wx", "passed"),
    ] == [(one["scenario"], one["target"], one["outcome"]) for one in folder.records()]
    assert TRIES + 1 == len(folder.pids("deaths"))


def test_an_interrupted_sweep_can_be_resumed(folder: Folder) -> None:
    """It ends at once, in the middle of a call, and says how to go on."""
    folder.plan(HOLDING)
    sweeping = folder.start("--jobs", "2")
    pids = folder.pids("holding", 2)
    sweeping.interrupt()
    ran = sweeping.ended()
    assert 130 == ran.status
    assert "of 40 scenarios are in out.jsonl; --resume goes on with the others" in ran.err
    assert "Traceback" not in ran.err
    wait_for(lambda: all(map(gone, pids)))
    folder.go()
    assert 0 == folder.sweep("--resume").status
    assert ["passed"] * 40 == [record["outcome"] for record in folder.records()]


def test_a_killed_sweep_leaves_no_process_and_can_be_resumed(folder: Folder) -> None:
    """Its workers see that it is gone, and the line it was writing is cut off."""
    folder.plan(HOLDING.replace("40", "20").replace('["hold', '["file.json", "hold'))
    sweeping = folder.start("--jobs", "2")
    pids = folder.pids("holding", 2)
    before = folder.records()
    sweeping.process.kill()
    sweeping.ended()
    wait_for(lambda: all(map(gone, pids)))
    with (folder.path / "out.jsonl").open("a") as file:
        file.write('{"n":39,"targ')
    folder.go()
    ran = folder.sweep("--resume")
    assert 0 == ran.status
    assert f"{40 - len(before)} scenarios played" in ran.err
    assert ["passed"] * 40 == [record["outcome"] for record in folder.records()]


def test_no_engine_outlives_its_sweep(folder: Folder) -> None:
    """Not even one that is busy with a loop without end."""
    (folder.path / "logic.js").write_text("for (;;);")
    folder.plan('[scenarios]\nscripts = ["logic.js"]\n')
    sweeping = folder.start("--jobs", "1")
    engines: list[int] = []

    def spins() -> bool:
        engines[:] = children_of(*children_of(sweeping.process.pid))
        return any(map(busy, engines))

    wait_for(spins)
    sweeping.process.kill()
    wait_for(lambda: all(map(gone, engines)))
