"""The results file: whole lines only, each scenario once, and nobody else's file."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from bridge import BridgeError
from bridge.sweep.ledger import Ledger, records
from bridge.sweep.reading import read
from bridge.sweep.scenario import Result
from bridge.sweep.work import line_of

if TYPE_CHECKING:
    from bridge.sweep.plan import Plan
    from bridge.sweep.work import Line
    from tests.sweep.folders import Folder

TEXT = 'seeds = 4\n[scenarios]\ncalls = ["file.json"]\n'


@pytest.fixture
def plan(folder: Folder) -> Plan:
    """Provide a plan of four scenarios."""
    return read(folder.plan(TEXT))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Provide the way to a results file that is not there yet."""
    return tmp_path / "results.jsonl"


def line(plan: Plan, number: int, outcome: str = "passed") -> Line:
    """What is recorded of a scenario."""
    return line_of(plan.scenario(number), Result(outcome))


def test_a_file_begins_with_what_it_is_about(plan: Plan, path: Path) -> None:
    """The head names the plan's parts, how many scenarios there are, and a hash of it all."""
    with Ledger(path, plan):
        pass
    head = json.loads(path.read_text())
    assert (1, 4, ["wx"], ["none"], ["file.json"]) == (
        head["v"],
        head["count"],
        head["targets"],
        head["conditions"],
        head["scenarios"],
    )
    assert plan.digest == head["sweep"]


def test_what_is_recorded_is_not_missing_any_more(plan: Plan, path: Path) -> None:
    """Neither now nor when the file is opened again."""
    with Ledger(path, plan) as ledger:
        missing = ledger.missing()
        assert 0 == next(missing)
        ledger.add([line(plan, 2), line(plan, 1)])
        assert [3] == list(missing)
        assert 2 == len(ledger)
    with Ledger(path, plan, resume=True) as ledger:
        assert [0, 3] == list(ledger.missing())


def test_a_scenario_that_was_played_twice_is_recorded_once(plan: Plan, path: Path) -> None:
    """The first result stays."""
    with Ledger(path, plan) as ledger:
        first, second = line(plan, 0), line(plan, 0, "failed")
        assert [first] == ledger.add([first])
        assert [line(plan, 1)] == ledger.add([second, line(plan, 1)])
    with Ledger(path, plan, resume=True) as ledger:
        assert [] == ledger.add([second])
    assert ["passed", "passed"] == [record["outcome"] for record in records(path)]


@pytest.mark.parametrize("kept", range(1, 40, 6))
def test_a_torn_last_line_is_cut_off(plan: Plan, path: Path, kept: int) -> None:
    """Its scenario is missing again."""
    with Ledger(path, plan) as ledger:
        ledger.add([line(plan, 0)])
        whole = path.read_bytes()
        ledger.add([line(plan, 1)])
    path.write_bytes(path.read_bytes()[: len(whole) + kept])
    with Ledger(path, plan, resume=True) as ledger:
        assert whole == path.read_bytes()
        assert [1, 2, 3] == list(ledger.missing())


@pytest.mark.parametrize("kept", [0, 1, 50])
def test_a_torn_head_is_written_anew(plan: Plan, path: Path, kept: int) -> None:
    """An empty file is one, too."""
    with Ledger(path, plan):
        whole = path.read_bytes()
    path.write_bytes(whole[:kept])
    with Ledger(path, plan, resume=True) as ledger:
        assert whole == path.read_bytes()
        assert 4 == len(list(ledger.missing()))


def test_a_file_that_is_there_is_not_overwritten(plan: Plan, path: Path) -> None:
    """Only `--resume` goes on with it."""
    path.touch()
    with pytest.raises(BridgeError, match=r"results\.jsonl' is there already: --resume goes on"):
        Ledger(path, plan)


def test_there_need_be_no_file_to_go_on_with(plan: Plan, path: Path) -> None:
    """So one and the same command begins and goes on."""
    with Ledger(path, plan, resume=True) as ledger:
        assert 4 == len(list(ledger.missing()))


@pytest.mark.parametrize("content", ["no newline", "a line\n", '{"v":1}\n', "[]\n"])
def test_somebody_elses_file_is_left_alone(plan: Plan, path: Path, content: str) -> None:
    """Also one that looks torn."""
    path.write_text(content)
    with pytest.raises(BridgeError, match="holds no results of a sweep"):
        Ledger(path, plan, resume=True)
    assert content == path.read_text()


@pytest.mark.parametrize("change", ["plan", "call", "picture"])
def test_the_results_of_another_plan_are_refused(
    folder: Folder, plan: Plan, path: Path, change: str
) -> None:
    """A changed call, or a changed file that it uploads, makes another plan."""
    with Ledger(path, plan):
        pass
    if change == "call":
        folder.call("file", {"name": "other"})
    if change == "picture":
        (folder.path / "picture.png").write_bytes(b"other")
    other = read(folder.plan(TEXT.replace("4", "5") if change == "plan" else TEXT))
    with pytest.raises(BridgeError, match="holds the results of another plan"):
        Ledger(path, other, resume=True)


def test_a_plan_can_move(folder: Folder, plan: Plan, path: Path, tmp_path: Path) -> None:
    """What decides is what is played, not where it lies."""
    with Ledger(path, plan):
        pass
    moved = tmp_path / "elsewhere"
    moved.mkdir()
    for name in ("plan.toml", "file.json", "picture.png"):
        (folder.path / name).rename(moved / name)
    with Ledger(path, read(moved / "plan.toml"), resume=True) as ledger:
        assert 0 == len(ledger)


@pytest.mark.parametrize(("key", "told"), [("v", "format 2"), ("minibridge", "minibridge 2")])
def test_results_of_another_version_are_refused_by_name(
    plan: Plan, path: Path, key: str, told: str
) -> None:
    """Results of two versions do not mix."""
    with Ledger(path, plan):
        head = json.loads(path.read_text())
    path.write_text(json.dumps({**head, key: 2}) + "\n")
    with pytest.raises(BridgeError, match=f"was begun by {told}, and this is "):
        Ledger(path, plan, resume=True)


@pytest.mark.parametrize("text", ["nonsense", '{"n":4}', '{"n":-1}', '{"n":"0"}', "[]", "{}"])
def test_a_line_that_is_no_record_is_named(plan: Plan, path: Path, text: str) -> None:
    """Only the last line can be torn: another one was changed by somebody."""
    with Ledger(path, plan) as ledger:
        ledger.add([line(plan, 0)])
    with path.open("a") as file:
        file.write(f"{text}\n")
    with pytest.raises(BridgeError, match=r"line 3 of '.*results\.jsonl' is no record"):
        Ledger(path, plan, resume=True)


def test_two_sweeps_cannot_write_one_file(plan: Plan, path: Path) -> None:
    """The second one is told."""
    told = r"another sweep is writing '.*results\.jsonl'"
    with Ledger(path, plan), pytest.raises(BridgeError, match=told):
        Ledger(path, plan, resume=True)
    with Ledger(path, plan, resume=True):
        pass


def test_a_device_holds_no_results(plan: Plan) -> None:
    """It has no end to go on from: what reads as zeros for ever is not read."""
    with pytest.raises(BridgeError, match="'/dev/full' is not a regular file"):
        Ledger(Path("/dev/full"), plan, resume=True)


def test_a_file_that_cannot_be_made_is_told(plan: Plan, tmp_path: Path) -> None:
    """Before anything is played."""
    with pytest.raises(BridgeError, match=r"cannot write '.*nothing/results\.jsonl': No such"):
        Ledger(tmp_path / "nothing/results.jsonl", plan)
