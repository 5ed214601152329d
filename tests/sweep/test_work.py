"""What a worker does with a batch, in this process."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from bridge.sweep import work as working
from bridge.sweep.reading import read
from bridge.sweep.work import work

if TYPE_CHECKING:
    from bridge.sweep.plan import Plan
    from tests.sweep.folders import Folder

CALL = '[scenarios]\ncalls = ["file.json"]\n'
SCRIPT = '[scenarios]\nscripts = ["logic.js"]\n'
ROUTED = 'routes = ["https://api.example.com"]\n'


def played(plan: Plan) -> list[dict[str, Any]]:
    """The records of a whole plan, in its order."""
    found: dict[int, dict[str, Any]] = {}
    while len(found) < len(plan):
        batch = [plan.scenario(n) for n in range(len(plan)) if n not in found]
        lines = work(tuple(batch))
        assert lines
        found |= {number: json.loads(line) for number, line in lines}
    return [found[number] for number in range(len(plan))]


@pytest.mark.parametrize("transport", ["sockets", "memory"])
def test_a_call_passes_where_it_ends_in_success(folder: Folder, transport: str) -> None:
    """Whether over sockets or in memory; a failure brings its reason, and what `fail` got."""
    conditions = 'conditions = ["none", "offline", "reset_after:40%"]\n'
    good, offline, reset = played(
        read(folder.plan(f'transport = "{transport}"\n{conditions}{CALL}'))
    )
    assert good.pop("ms") >= 0
    assert {
        "n": 0,
        "target": "wx",
        "condition": "none",
        "seed": 0,
        "scenario": "file.json",
        "outcome": "passed",
    } == good
    assert ("failed", "offline") == (offline["outcome"], offline["reason"])
    assert offline["detail"]["result"]["errMsg"].startswith("uploadFile:fail")
    assert ("failed", "connection_reset") == (reset["outcome"], reset["reason"])


def test_a_minute_of_waiting_in_memory_takes_no_time(folder: Folder) -> None:
    """Virtual time passes while nothing happens, and `ms` is told in it."""
    text = 'targets = ["wx", "my"]\ntransport = "memory"\nconditions = ["stall_after:40%"]\n'
    for record in played(read(folder.plan(text + CALL))):
        assert "timeout" == record["reason"]
        assert record["ms"] >= 10_000


def test_what_a_target_lacks_is_skipped(folder: Folder) -> None:
    """There is nothing that could pass or fail."""
    folder.call("file", {"api": "chooseMedia", "options": {}})
    mine, theirs = played(read(folder.plan(f'targets = ["wx", "my"]\n{CALL}')))
    assert "passed" == mine["outcome"]
    assert ("skipped", "lacks: api:chooseMedia", None) == (
        theirs["outcome"],
        theirs["reason"],
        theirs["ms"],
    )


def test_what_cannot_be_played_fails_in_a_sentence(folder: Folder) -> None:
    """It is the plan's fault, and the sweep goes on."""
    plan = read(folder.plan(SCRIPT))
    (folder.path / "logic.js").unlink()
    [record] = played(plan)
    assert "failed" == record["outcome"]
    assert record["reason"].startswith("cannot read ")


def test_a_case_passes_where_it_holds(folder: Folder) -> None:
    """On a network that is not what it expects it fails by the expectation that does not hold."""
    text = 'conditions = ["none", "offline"]\n[scenarios]\ncases = ["upload/success"]\n'
    good, bad = played(read(folder.plan(text)))
    assert ("passed", True) == (good["outcome"], good["ms"] > 0)
    assert "failed" == bad["outcome"]
    assert bad["reason"] == f"upload/success: {bad['detail']['broken'][0]}"


def test_a_case_of_other_targets_is_skipped(folder: Folder) -> None:
    """As `check` skips it."""
    [record] = played(
        read(folder.plan('targets = ["my"]\n[scenarios]\ncases = ["limits/older[wx 3.8.9]"]\n'))
    )
    assert "skipped" == record["outcome"]
    assert record["reason"].startswith("elsewhere: ")


@pytest.mark.parametrize("engine", ["node", "quickjs"])
def test_cases_can_be_played_by_an_engine(folder: Folder, engine: str) -> None:
    """The same cases, in JavaScript."""
    text = f'engine = "{engine}"\n[scenarios]\ncases = ["upload/success"]\n'
    [record] = played(read(folder.plan(text)))
    assert "passed" == record["outcome"]


def test_cases_in_virtual_time_are_played_beside_others(folder: Folder) -> None:
    """Each kind of time in a loop of its own."""
    text = '[scenarios]\ncases = ["failures/long-timeout", "upload/success"]\n'
    timed, untimed = played(read(folder.plan(text)))
    assert ["passed", "passed"] == [timed["outcome"], untimed["outcome"]]
    assert timed["ms"] > 60_000


@pytest.mark.parametrize("engine", ["node", "quickjs"])
def test_a_logic_file_passes_where_nothing_throws(folder: Folder, engine: str) -> None:
    """What it called and printed is recorded."""
    text = f'engine = "{engine}"\ntargets = ["wx", "my"]\nconditions = ["none", "offline"]\n'
    wx, wx_offline, my, my_offline = played(read(folder.plan(ROUTED + text + SCRIPT)))
    assert ["passed", "passed"] == [wx["outcome"], my["outcome"]]
    assert {"calls": [["request", "ok"]], "console": ['log: got {"ok":true}']} == {
        **wx["detail"],
        "console": [
            line.replace("{ ok: true }", '{"ok":true}') for line in wx["detail"]["console"]
        ],
    }
    assert ("failed", "threw an error in the fail callback: Error: errMsg,errno") == (
        wx_offline["outcome"],
        wx_offline["reason"],
    )
    assert [["request", "offline"]] == my_offline["detail"]["calls"]


def test_a_logic_file_that_does_not_parse_fails(folder: Folder) -> None:
    """In the engine's words."""
    (folder.path / "logic.js").write_text("const = 7;")
    [record] = played(read(folder.plan(SCRIPT)))
    assert record["reason"].startswith("threw SyntaxError: ")


def test_what_a_program_prints_is_kept_within_limits(folder: Folder) -> None:
    """A line of half a character among it."""
    text = "for (let i = 0; i < 99; i += 1) console.log('\\ud800' + 'x'.repeat(999));"
    (folder.path / "logic.js").write_text(text)
    [record] = played(read(folder.plan(SCRIPT)))
    assert (20, 200) == (len(record["detail"]["console"]), len(record["detail"]["console"][0]))


def test_a_program_without_end_ends_at_the_deadline(folder: Folder) -> None:
    """A timer that comes back for ever, and a loop."""
    for text in ("setInterval(() => {}, 5);", "for (;;);"):
        (folder.path / "logic.js").write_text(text)
        [record] = played(read(folder.plan(f"deadline = 0.3\n{SCRIPT}")))
        assert "failed" == record["outcome"]
        assert "0.3 s" in record["reason"]


def test_a_worker_hands_in_what_it_has_when_the_time_is_up(
    folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At least one scenario, so that there is an end."""
    monkeypatch.setattr(working, "SECONDS", 0.0)
    plan = read(folder.plan(f"seeds = 3\n{CALL}"))
    batch = tuple(plan.scenario(number) for number in range(3))
    assert [0] == [number for number, _ in work(batch)]
    assert [2] == [number for number, _ in work(batch[2:])]


@pytest.mark.parametrize(("at_once", "order"), [(1, [0, 1]), (2, [1, 0])])
def test_several_scenarios_of_a_batch_can_wait_at_once(
    folder: Folder, monkeypatch: pytest.MonkeyPatch, at_once: int, order: list[int]
) -> None:
    """One that waits does not keep the next one from being played."""
    monkeypatch.setattr(working, "SECONDS", 60.0)
    (folder.path / "slow.js").write_text("setTimeout(() => {}, 900);")
    (folder.path / "quick.js").touch()
    text = f'at_once = {at_once}\n[scenarios]\nscripts = ["slow.js", "quick.js"]\n'
    plan = read(folder.plan(text))
    batch = (plan.scenario(0), plan.scenario(1))
    assert order == [number for number, _ in work(batch)]


def test_a_fault_of_ours_is_recorded_and_ends_nothing(
    folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It counts as a crash."""

    def broken(*_: object) -> None:
        raise ZeroDivisionError("on purpose")

    monkeypatch.setattr("bridge.sweep.calls._made", broken)
    plan = read(folder.plan(CALL))
    assert [("crashed", "ZeroDivisionError: on purpose")] == [
        (record["outcome"], record["reason"]) for record in played(plan)
    ]
    monkeypatch.setattr("bridge.sweep.calls.resolve", broken)
    assert ["crashed"] == [record["outcome"] for record in played(plan)]


@pytest.mark.parametrize("kind", [CALL, ROUTED + SCRIPT, '[scenarios]\ncases = ["upload/form"]\n'])
def test_scenarios_can_travel_with_their_files(folder: Folder, kind: str) -> None:
    """What a worker elsewhere records is the same."""
    plan = read(folder.plan(kind))
    carried = plan.carried()
    here = played(plan)
    for name in ("picture.png", "logic.js", "file.json"):
        (folder.path / name).unlink()
    there = played(carried)
    assert [{**record, "ms": 0} for record in here] == [{**record, "ms": 0} for record in there]
    assert "passed" == there[0]["outcome"]


def test_the_seed_decides_what_is_up_to_chance(folder: Folder) -> None:
    """The same seed gives the same path of a picked file, another one another."""
    (folder.path / "logic.js").write_text(
        "const sum = (text) => [...text].reduce((n, c) => (n * 31 + c.charCodeAt()) % 9973, 0);"
        "wx.chooseImage({ success: (picked) => console.log(sum(picked.tempFilePaths[0])) });"
    )
    plan = read(folder.plan(f"seeds = 2\n{SCRIPT}"))
    first, second = (record["detail"]["console"] for record in played(plan))
    assert first != second
    assert [first, second] == [record["detail"]["console"] for record in played(plan)]


def test_other_scenarios_do_not_change_a_result(folder: Folder) -> None:
    """What went before on the same worker leaves nothing behind."""
    plan = read(folder.plan(f"seeds = 3\n{ROUTED}{SCRIPT}"))
    alone = [json.loads(work((plan.scenario(n),))[0][1])["detail"] for n in (2, 0, 1)]
    together = [record["detail"] for record in played(replace(plan, how=plan.how))]
    assert [together[2], together[0], together[1]] == alone
