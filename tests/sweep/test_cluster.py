"""Sweeps on a real Dask cluster of this machine, some of whose workers are killed."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest

from bridge.sweep.drive import TRIES
from tests.sweep.folders import gone, wait_for, without_times
from tests.sweep.test_pool import HOLDING, MIXED

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.sweep.folders import Folder


class Cluster:
    """
    A scheduler and two workers, each a process of its own, that see the layer `acme`.

    Attributes:
        address: where the scheduler listens.
    """

    def __init__(self, folder: Folder) -> None:
        self._env = os.environ | folder.env | {"DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES": "0"}
        self._log = folder.path / "cluster.log"
        self._processes: list[subprocess.Popen[bytes]] = []
        self._start("dask_scheduler", "--host", "127.0.0.1", "--port", "0", "--no-show")
        self.address = self._told(r"Scheduler at: +(tcp://\S+)", 1)[0]

    def work(self, count: int, *flags: str) -> list[int]:
        """Start workers, wait until the scheduler knows them, and return their process ids."""
        before = len(self._processes)
        for _ in range(count):
            self._start("dask_worker", self.address, "--nthreads", "1", *flags)
        self._told(r"Registered to: +(tcp://\S+)", count)
        return [process.pid for process in self._processes[before:]]

    def close(self) -> None:
        """End all of it, workers that were started anew included."""
        while self._processes:
            process = self._processes.pop()
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()

    def _start(self, module: str, *flags: str) -> None:
        argv = [sys.executable, "-m", f"distributed.cli.{module}", "--no-dashboard", *flags]
        with self._log.open("ab") as log:
            process = subprocess.Popen(
                argv,
                cwd=self._log.parent,
                env=self._env,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self._processes.append(process)

    def _told(self, pattern: str, count: int) -> list[str]:
        """Wait until the log has said something so many times."""
        wait_for(lambda: len(re.findall(pattern, self._log.read_text())) >= count)
        return re.findall(pattern, self._log.read_text())


@pytest.fixture
def cluster(folder: Folder) -> Iterator[Cluster]:
    """Provide a cluster without workers."""
    made = Cluster(folder)
    yield made
    made.close()


def test_a_cluster_records_what_one_process_records(folder: Folder, cluster: Cluster) -> None:
    """The same plan, unchanged; files go with the scenarios."""
    folder.plan(MIXED)
    assert 0 == folder.sweep("--jobs", "1").status
    here = without_times(folder.records())
    folder.forget()
    cluster.work(2, "--no-nanny")
    ran = folder.sweep("--scheduler", cluster.address)
    assert (0, 1) == (ran.status, ran.err.count("\n"))
    assert here == without_times(folder.records())


def test_what_a_killed_worker_was_at_is_played_by_the_other(
    folder: Folder, cluster: Cluster
) -> None:
    """Each scenario is recorded once, though some are played twice."""
    folder.plan(HOLDING)
    pids = cluster.work(2, "--no-nanny")
    sweeping = folder.start("--scheduler", cluster.address)
    held = folder.pids("holding", 2)
    assert sorted(pids) == sorted(held)
    os.kill(pids[0], signal.SIGKILL)
    wait_for(lambda: gone(pids[0]))
    folder.go()
    assert 0 == sweeping.ended().status
    assert ["passed"] * 40 == [record["outcome"] for record in folder.records()]
    assert 41 <= len(folder.pids("holding", 41))


def test_a_scenario_that_kills_its_worker_every_time_is_recorded_as_crashed(
    folder: Folder, cluster: Cluster
) -> None:
    """The nanny starts each worker anew, and the others are not the worse for it."""
    folder.plan('targets = ["wx", "acme"]\n[scenarios]\ncalls = ["die.json", "file.json"]\n')
    cluster.work(1)
    assert 1 == folder.sweep("--scheduler", cluster.address).status
    assert ["passed", "crashed", "passed", "passed"] == [
        record["outcome"] for record in folder.records()
    ]
    assert TRIES <= len(folder.pids("deaths")) <= TRIES + 1


def test_a_sweep_whose_scheduler_is_gone_ends_and_can_be_resumed(
    folder: Folder, cluster: Cluster
) -> None:
    """Here, if need be: what was recorded counts."""
    folder.plan(HOLDING)
    cluster.work(2, "--no-nanny")
    sweeping = folder.start("--scheduler", cluster.address)
    folder.pids("holding", 2)
    cluster.close()
    ran = sweeping.ended()
    assert 2 == ran.status
    assert "--resume goes on" in ran.err
    folder.go()
    assert 0 == folder.sweep("--resume").status
    assert ["passed"] * 40 == [record["outcome"] for record in folder.records()]


def test_an_interrupted_sweep_leaves_the_cluster_to_others(
    folder: Folder, cluster: Cluster
) -> None:
    """Its workers live on, and take the sweep up again."""
    folder.plan(HOLDING)
    pids = cluster.work(2, "--no-nanny")
    sweeping = folder.start("--scheduler", cluster.address)
    folder.pids("holding", 2)
    sweeping.interrupt()
    ran = sweeping.ended()
    assert 130 == ran.status
    assert "Traceback" not in ran.err
    folder.go()
    assert not any(map(gone, pids))
    assert 0 == folder.sweep("--scheduler", cluster.address, "--resume").status
    assert ["passed"] * 40 == [record["outcome"] for record in folder.records()]
