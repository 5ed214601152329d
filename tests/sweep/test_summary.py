"""What is summed up of a results file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bridge.sweep.reading import read
from bridge.sweep.summary import summed

if TYPE_CHECKING:
    from bridge.sweep.summary import Group
    from tests.sweep.folders import Folder


def groups(folder: Folder, *records: tuple[str, float | None, str]) -> list[Group]:
    """Groups of a plan of one target and two conditions; the records are of the second."""
    text = 'conditions = ["none", "offline"]\n[scenarios]\ncalls = ["file.json"]\n'
    plan = read(folder.plan(text))
    given = [
        {"target": "wx", "condition": "offline", "outcome": outcome, "ms": ms, "reason": reason}
        for outcome, ms, reason in records
    ]
    return summed(plan, given)


def test_there_is_a_group_for_each_target_and_condition(folder: Folder) -> None:
    """In the order of the plan, also where nothing is recorded yet."""
    first, second = groups(folder)
    assert [("wx", "none"), ("wx", "offline")] == [
        (group.target, group.condition) for group in (first, second)
    ]
    assert (0, None, {}) == (first.played, first.rate, first.percentiles())


def test_the_rate_is_of_what_was_played(folder: Folder) -> None:
    """Crashed counts as failed, skipped does not count."""
    _, group = groups(
        folder,
        ("passed", 1.0, ""),
        ("failed", 2.0, "timeout"),
        ("failed", 3.0, "timeout"),
        ("crashed", None, "its worker died"),
        ("skipped", None, "lacks: api:x"),
    )
    assert (4, 0.25) == (group.played, group.rate)
    assert {
        "target": "wx",
        "condition": "offline",
        "passed": 1,
        "failed": 2,
        "crashed": 1,
        "skipped": 1,
        "rate": 0.25,
        "ms": {"p50": 2.0, "p90": 3.0, "p99": 3.0},
        "reasons": {"timeout": 2, "its worker died": 1},
    } == group.to_json()


def test_a_percentile_is_a_time_that_was_measured(folder: Folder) -> None:
    """The smallest one that so many in a hundred do not exceed."""
    _, group = groups(folder, *(("passed", float(ms), "") for ms in range(200, 0, -1)))
    assert {50: 100.0, 90: 180.0, 99: 198.0} == group.percentiles()
    _, group = groups(folder, ("passed", 7.0, ""))
    assert {50: 7.0, 90: 7.0, 99: 7.0} == group.percentiles()
