"""What the page reckons, module by module, in Node: phases, slots, the axis, differences."""

from __future__ import annotations

import json
import subprocess
from importlib import resources
from typing import Any

import pytest

from tests import npm
from tests.report.samples import Json, record, times

WEB = resources.files("bridge.report").joinpath("web")


def evaluate(module: str, expression: str, *arguments: object) -> Any:  # noqa: ANN401  any JSON
    """Return the value of an expression that knows a module's exports as `m`, the rest as `a`."""
    url = f"file://{WEB.joinpath(module)}"
    code = f"import * as m from {json.dumps(url)}; const a = {json.dumps(arguments)};"
    code += f"console.log(JSON.stringify(await (async () => {expression})()));"
    done = subprocess.run(
        [npm.first_node().node, "--input-type=module", "-"],
        input=code,
        capture_output=True,
        text=True,
        check=False,
        timeout=50,
    )
    assert (0, "") == (done.returncode, done.stderr)
    return json.loads(done.stdout)


def phases(**moments: float) -> list[list[object]]:
    """Return the phases of a call with these moments, as `[name, from, to]`."""
    made = record(times=times(**moments))
    names = "m.phasesOf(a[0]).map((phase) => [phase.name, phase.from, phase.to])"
    found: list[list[object]] = evaluate("phases.mjs", names, made)
    return found


def test_a_moment_begins_a_phase_and_ends_the_one_before() -> None:
    """What did not happen, such as TLS, has none."""
    assert [
        ["Checking", 0, 1],
        ["Queued", 1, 4],
        ["Preparing", 4, 5],
        ["DNS", 5, 6],
        ["Connecting", 6, 8],
        ["Sending", 8, 9],
        ["Waiting", 9, 20],
        ["Receiving", 20, 22],
    ] == phases(
        invoked=0, queued=1, dequeued=4, dns=5, connect=6, send=8, sent=9, first_byte=20, end=22
    )


def test_a_call_that_ended_early_stays_in_its_last_phase() -> None:
    """One that was cut while it sent was sending to its end."""
    assert [["Checking", 0, 2], ["Sending", 2, 7]] == phases(invoked=0, send=2, end=7)


def test_an_answer_before_the_last_byte_takes_nothing_from_sending() -> None:
    """The phases stay in order, and none has a negative length."""
    found = phases(invoked=0, send=1, sent=9, first_byte=4, end=12)
    assert [["Checking", 0, 1], ["Sending", 1, 9], ["Receiving", 9, 12]] == found


def test_callbacks_after_the_end_are_a_phase() -> None:
    """It lasts to the last of them."""
    made = record(callbacks=[{"ms": 1.5, "name": "success", "payload": {}}])
    made["callbacks"].append({"ms": 4, "name": "complete", "payload": {}})
    found = evaluate("phases.mjs", "m.phasesOf(a[0]).map((p) => [p.name, p.from, p.to])", made)
    assert [["Checking", 0, 1.5], ["Callbacks", 1.5, 4]] == found


def running(calls: list[Json], cap: int | None = 10) -> list[list[object]]:
    """Return the steps of calls that one axis holds, as `[at, running, waiting, cap]`."""
    found: list[list[object]] = evaluate(
        "concurrency.mjs",
        "m.concurrency(a[0], {at: (epoch) => epoch}, () => a[1])"
        ".map((step) => [step.at, step.running, step.waiting, step.cap])",
        calls,
        cap,
    )
    return found


def call(started: float, queued: float, dequeued: float | None, ended: float, **more: Any) -> Json:  # noqa: ANN401
    """Return what the page knows of a call that took a slot."""
    plain: Json = {"target": "wx", "run": "1", "api": "uploadFile", "last": ended}
    return plain | vars_of(started, queued, dequeued, ended) | more


def vars_of(started: float, queued: float, dequeued: float | None, ended: float) -> Json:
    """Return the moments of a call as the page holds them."""
    return {"started": started, "queued": queued, "dequeued": dequeued, "ended": ended}


def test_calls_in_slots_and_calls_that_wait_are_counted_apart() -> None:
    """A call waits from its queueing to its slot, and runs from there to its end."""
    assert [[0, 1, 0, 10], [2, 1, 1, 10], [19, 0, 1, 10], [20, 1, 0, 10], [39, 0, 0, None]] == (
        running([call(0, 0, 0, 20), call(0, 2, 20, 40)])
    )


def test_a_slot_is_not_counted_twice_because_starts_are_rounded() -> None:
    """The next call takes the slot of one that seems to end a little later, however short."""
    steps = running([call(0, 0, 0, 20.6), call(1, 0.1, 19.2, 40), call(40, 0, 0, 0.4)], 1)
    assert 1 == max(running for _, running, *_ in steps)  # type: ignore[type-var]


def test_each_bridge_has_slots_of_its_own() -> None:
    """Two that run at the same time do not add up: the fuller one is shown."""
    steps = running([call(0, 0, 0, 20), call(0, 0, 0, 20, run="2"), call(5, 0, 0, 9, run="2")])
    assert 2 == max(running for _, running, *_ in steps)  # type: ignore[type-var]


def test_a_call_that_took_no_slot_counts_nowhere() -> None:
    """A picker, or a call that was refused before it was queued."""
    assert [] == running([call(0, 0, 0, 1) | {"queued": None}])


def test_a_call_that_was_given_up_in_the_queue_only_waited() -> None:
    """It never ran."""
    assert [[1, 0, 1, 10], [5, 0, 0, None]] == running([call(0, 1, None, 5)])


@pytest.mark.parametrize(
    ("starts", "places", "cuts"),
    [
        ([0, 100], [0, 100], []),
        ([0, 900], [0, 900], []),
        ([0, 100_000], [0, 11], [99_990]),
        ([100_000, 0], [11, 0], [99_990]),
        ([5, 5], [0, 0], []),
    ],
)
def test_long_idle_times_are_cut_and_short_ones_kept(
    starts: list[int], places: list[float], cuts: list[int]
) -> None:
    """Places keep the order of the clock; a cut knows how long it was."""
    calls = [{"started": 1_700_000_000_000 + at, "last": 10} for at in starts]
    found, cut = evaluate(
        "axis.mjs",
        "{ const axis = m.clockAxis(a[0]);"
        " return [a[0].map((call) => axis.at(call.started)), axis.cuts.map((cut) => cut.ms)]; }",
        calls,
    )
    assert places == [pytest.approx(at, abs=1) for at in found]
    assert cuts == cut


@pytest.mark.parametrize(
    ("span", "expected"),
    [
        ([0, 100, 5], [0, 20, 40, 60, 80, 100]),
        ([0, 2300, 4], [0, 1000, 2000]),
        ([30, 90, 3], [40, 60, 80]),
        ([0, 0.5, 5], [0, 0.1, 0.2, 0.3, 0.4, 0.5]),
    ],
)
def test_a_scale_has_round_steps(span: list[float], expected: list[float]) -> None:
    """No more pieces than there is room for, in steps of 1, 2 or 5."""
    assert expected == pytest.approx(evaluate("axis.mjs", "m.ticks(...a[0])", span))


@pytest.mark.parametrize(
    ("address", "href"),
    [
        ("https://a.example.com/b?c#d", "https://a.example.com/b?c#d"),
        ("opendocs.alipay.com/mini/api/kmq4hc", "https://opendocs.alipay.com/mini/api/kmq4hc"),
        ("owner/repo", "https://github.com/owner/repo"),
        ("owner/repo#12", "https://github.com/owner/repo/issues/12"),
        ("owner/repo src/a.ts", "https://github.com/owner/repo"),
        ("javascript:alert(1)", None),
        ("data:text/html,x", None),
        ("a conversation", None),
        ("", None),
    ],
)
def test_an_address_leads_where_the_matrix_says(address: str, href: str | None) -> None:
    """A page, or a repository's; only words lead nowhere."""
    assert href == evaluate("words.mjs", "m.href(a[0])", address)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "–"),
        (0, "0 ms"),
        (0.0834, "0.083 ms"),
        (9.96, "10 ms"),
        (12.6, "13 ms"),
        (999.4, "999 ms"),
        (1234, "1.23 s"),
        (59_990, "60 s"),
        (600_000, "10 min"),
        (86_400_000, "24 h"),
        (864_000_000, "10 d"),
    ],
)
def test_times_are_told_in_the_unit_that_fits(value: float | None, text: str) -> None:
    """Three figures at most, whatever the length."""
    assert text == evaluate("words.mjs", "m.ms(a[0])", value)


def test_an_open_call_is_replaced_when_it_is_told_again() -> None:
    """Records may come while a call runs; it stays one call, and a record of before is gone."""
    open_call, ended = record(times=times(invoked=0.0, queued=1.0)), record()
    found = evaluate(
        "store.mjs",
        "{ const store = new m.Store();"
        " store.add([a[0]]); store.add([a[0], a[1]]); store.add([a[1]]);"
        " return Promise.all(store.calls.map(async (call) =>"
        " [call.outcome, call.run, call.nth, (await store.record(call)).times.end])); }",
        open_call,
        ended,
    )
    assert [["ok", "1 s", 1, 1.5], ["ok", "2 s", 1, 1.5]] == found


def test_a_record_is_read_again_when_it_is_not_held() -> None:
    """Whoever holds the records elsewhere is asked by their place among those that were added."""
    found = evaluate(
        "store.mjs",
        "{ const store = new m.Store(); store.add(a[0], (at) => `number ${at}`);"
        " return Promise.all(store.calls.map((call) => store.record(call))); }",
        [record(id=1), record(id=2)],
    )
    assert ["number 0", "number 1"] == found


def peers(*others: Json) -> list[str]:
    """Return the targets on which others did the same call as a first record."""
    url = {"url": "https://a.example.com/x"}
    made = [record(options=url), *(record(options=url) | other for other in others)]
    found: list[str] = evaluate(
        "store.mjs",
        "{ const store = new m.Store(); store.add(a[0]);"
        " return store.peers(store.calls[0]).map((call) => `${call.target} ${call.started}`); }",
        made,
    )
    return found


def test_the_same_call_goes_to_the_same_place_for_the_same_time() -> None:
    """Not to another address, not by another API, not the second time; the latest run counts."""
    assert ["my 2", "uploader/h5 1"] == peers(
        {"target": "my", "started": 1},
        {"target": "my", "started": 2},
        {"target": "wx", "started": 1},
        {"target": "tt:feishu", "api": "request"},
        {"target": "tt:douyin", "options": {"url": "https://a.example.com/y"}},
        {"target": "uploader/h5", "api": "upload", "started": 1},
    )


def test_the_cap_is_the_tests_then_the_hosts() -> None:
    """A test's own limit counts before the host's for the API, and that before its general one."""
    limits = {"wx": {"title": "", "limits": {"": 10, "request": 5}}, "gone": None}
    calls: list[Json] = [{"target": "wx", "api": "uploadFile"}, {"target": "wx", "api": "request"}]
    calls += [{"target": "gone", "api": "a"}, {"target": "wx", "api": "a", "cap": 3}]
    found = evaluate(
        "store.mjs",
        "{ const store = new m.Store(); store.targets = a[0];"
        " return a[1].map((call) => store.cap(call) ?? 'unknown'); }",
        limits,
        calls,
    )
    assert [10, 5, "unknown", 3] == found


def differing(first: Json, second: Json) -> list[list[str]]:
    """Return the facts in which two records differ."""
    found: list[list[str]] = evaluate(
        "differences.mjs",
        "m.differences(a).filter((row) => row.differs[1]).map((row) => [row.part, row.name])",
        first,
        second,
    )
    return found


def outcome(**result: object) -> Json:
    """Return how a call ended."""
    return {"ok": True, "reason": None, "detail": "", "result": result}


def test_a_number_and_its_text_differ() -> None:
    """So do a value and its absence."""
    first = record(outcome=outcome(statusCode=200, data="x"))
    second = record(outcome=outcome(statusCode="200"))
    assert [["Result", "statusCode"], ["Result", "data"]] == differing(first, second)


def test_chance_makes_no_difference() -> None:
    """Boundaries, dates, ports, random names and measured times are alike."""
    one = outcome(
        date="Thu, 26 Nov 2026 20:48:17 GMT",
        file="wxfile://tmp_cb91ce375bc8fbbcbde5c0994164d839.png",
        profile={"rtt": 1},
    )
    other = outcome(
        date="Fri, 27 Nov 2026 01:02:03 GMT",
        file="wxfile://tmp_00000000000000000000000000000000.png",
        profile={"rtt": 2},
    )
    first = record(outcome=one, times=times(invoked=0, end=1))
    second = record(outcome=other, times=times(invoked=0, end=2))
    assert [] == differing(first, second)


def test_an_understood_option_is_compared_once() -> None:
    """As given it is a fact of its own only where it was read differently."""
    first = record(options={"a": 1, "b": 2}, understood={"a": 1, "b": 2})
    second = record(options={"a": 1, "b": 3}, understood={"a": 1, "b": 4})
    assert [["Options as understood", "b"], ["Options as given", "b"]] == differing(first, second)


def test_how_often_progress_was_told_makes_no_difference() -> None:
    """What was heard, and in which order, does."""
    told = {"ms": 1, "name": "progressUpdate", "payload": {"progress": 50}}
    end = {"ms": 2, "name": "success", "payload": {}}
    first = record(callbacks=[told, told, end])
    assert [] == differing(first, record(callbacks=[told, end]))
    assert ["Outcome", "Heard"] in differing(first, record(callbacks=[end]))


def test_a_live_call_may_be_told_again_once_it_has_ended() -> None:
    """A page that hears of its end twice has one call; a file that has it twice has two runs."""
    ended = record(times=times(invoked=0, end=1))
    code = (
        "{ const store = new m.Store(a[1]);"
        " store.add(a[0]); store.add(a[0]); return store.calls.length; }"
    )
    assert [1, 2] == [
        evaluate("store.mjs", code, [ended], {"live": live}) for live in (True, False)
    ]


def test_a_call_in_flight_reaches_to_the_moment_it_was_seen() -> None:
    """Its last phase grows with the clock, and its share is of what it is to send."""
    told = {"progress": 25, "totalBytesSent": 5, "totalBytesExpectedToSend": 20}
    going = record(
        times=times(invoked=0, queued=0, dequeued=0, send=2),
        progress=[[3, 5]],
        callbacks=[{"ms": 3, "name": "progressUpdate", "payload": told}],
    )
    code = (
        "{ const store = new m.Store({live: true}); store.add([a[0]], null, a[0].started + 8);"
        " const [call] = store.calls; const seen = call.last; store.grow(a[0].started + 20);"
        " return [seen, call.last, call.phases.at(-1).key, call.phases.at(-1).to, call.progress]; }"
    )
    assert [8, 20, "send", 20, [[3, 0.25]]] == evaluate("store.mjs", code, going)
