"""Cases played in several processes give what they give in one."""

from __future__ import annotations

import multiprocessing
import signal
from dataclasses import replace
from typing import TYPE_CHECKING, NoReturn

import pytest

from bridge.conformance import spread
from bridge.conformance.load import load
from bridge.conformance.run import run
from bridge.conformance.spread import run_spread
from bridge.errors import BridgeError

if TYPE_CHECKING:
    from bridge.conformance.judge import Verdict

TARGETS = ["wx", "my:ide", "tt:feishu", "uni/h5", "mpx/my"]
CASES = ["upload/success", "upload/progress", "options/required"]


def timeless(verdicts: list[Verdict]) -> list[Verdict]:
    """Return the verdicts without how long each took."""
    return [replace(verdict, seconds=0.0) for verdict in verdicts]


@pytest.mark.parametrize("processes", [1, 2, 3])
def test_the_verdicts_do_not_depend_on_the_processes(processes: int) -> None:
    """Target by target, in the order of the cases, with the same skips and proofs."""
    cases = load(CASES)
    spread = run_spread(cases, TARGETS, processes=processes)
    assert timeless(run(cases, TARGETS)) == timeless(spread)


def test_a_fault_comes_back_whole() -> None:
    """What was expected and found is data, and so it crosses a process."""
    [case] = load(["upload/returned"])
    wrong = replace(case.holds[0], checks={"is": "wrong"}, path="", only=())
    verdicts = run_spread([replace(case, holds=(wrong,))], ["wx", "my"], processes=2)
    assert ["failed", "failed"] == [verdict.outcome for verdict in verdicts]
    assert "wrong" == verdicts[0].faults[0].expected


def test_a_mistake_of_the_author_is_the_same_one_sentence() -> None:
    """The error of a process is the error of the whole."""
    with pytest.raises(BridgeError, match="wxx"):
        run_spread(load(CASES), ["wx", "wxx"], processes=2)


@pytest.mark.parametrize("processes", [1, 2])
def test_the_numbers_grow_up_to_those_of_the_verdicts(processes: int) -> None:
    """Played, failed and skipped; no pair is counted twice."""
    [case] = load(["upload/returned"])
    wrong = replace(case, id="wrong", holds=(replace(case.holds[0], checks={"is": "wrong"}),))
    told: list[tuple[int, int, int]] = []
    verdicts = run_spread(
        [*load(CASES), wrong],
        TARGETS,
        processes=processes,
        told=lambda *numbers: told.append(numbers),
    )
    outcomes = [verdict.outcome for verdict in verdicts]
    skipped = outcomes.count("skipped")
    assert (len(outcomes) - skipped, len(TARGETS), skipped) == told[-1]
    assert sorted(told) == told


def stuck(*_: object) -> None:
    """Play cases that have no end."""
    signal.pause()


def test_an_interrupt_waits_for_no_case(monkeypatch: pytest.MonkeyPatch) -> None:
    """The processes end with the run, in the middle of whatever they play."""
    monkeypatch.setattr(spread, "_hand", stuck)

    def interrupt(*_: int) -> NoReturn:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_spread(load(CASES), TARGETS, processes=2, told=interrupt)
    assert [] == multiprocessing.active_children()
