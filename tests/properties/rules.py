"""What must hold of everything seen, whatever happened: rules of any host, told independently."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bridge import Reason
from tests.properties.program import ENDS, NEWS
from tests.properties.server import SCRIPTED

if TYPE_CHECKING:
    from collections.abc import Iterable

    from bridge.trace import Record
    from tests.properties.program import Made, MiniProgram, Seen

STATES = ("success", "fail")
AFTERWARDS = ("gone", "aborted", "left", "resolved", "rejected")
"""What may still be seen of a call that has ended."""


def told_in_order(call: Made, story: list[Seen]) -> None:
    """Check the order of all that one call's program and server saw of it."""
    whats = [one.what for one in story]
    assert ["made", "returned"] == whats[:2], "something came before the call had returned"
    assert not {"made", "returned"} & set(whats[2:])
    ends = [what for what in whats if what in ENDS]
    possible = [[name for name in (state, "complete") if name in call.deeds] for state in STATES]
    assert ends in ([], *possible), "callbacks in a wrong order, or too often"
    later = set(whats[whats.index(ends[0]) :] if ends else ())
    assert later <= {*ENDS, *AFTERWARDS}, "news after the end"
    assert whats.count("resolved") + whats.count("rejected") <= 1
    _sent_in_time(call, whats)


def _sent_in_time(call: Made, whats: list[str]) -> None:
    """Check that a call is sent at most once, not when refused, and not after its abort."""
    assert whats.count("gone") <= whats.count("sent") <= (0 if call.refused else 1)
    stop = next((at for at, what in enumerate(whats) if what in ("aborted", "closed")), len(whats))
    assert "sent" not in whats[stop:], "sent after it was aborted"


def quiet_after_abort(story: list[Seen]) -> None:
    """Check that nothing is told inside an abort, and no news begins after it."""
    whats = [one.what for one in story]
    starts = [at for at, what in enumerate(whats) if what == "aborted"]
    assert ["left"] * len(starts) == [whats[at + 1] for at in starts], "told inside the abort"
    for news in NEWS:
        before: set[str] = set()
        aborted = False
        for one in story:
            aborted |= one.what in ("aborted", "closed")
            if one.what == news:
                assert not aborted or one.text in before, f"{news} after the abort"
                before.add(one.text)


def heard_by_all(call: Made, fresh: Iterable[Seen]) -> None:
    """Check that each piece of news reached exactly the listeners attached, in their order."""
    for news in NEWS:
        told: list[tuple[str, list[int]]] = []
        for one in (one for one in fresh if one.what == news):
            if not told or told[-1][0] != one.text:
                told.append((one.text, []))
            told[-1][1].append(one.listener)
        assert [call.listening[news]] * len(told) == [listeners for _, listeners in told]


def within_the_limit(program: MiniProgram) -> None:
    """Check at every moment that no more is being sent than allowed, and the oldest first."""
    for api in program.apis:
        limit = program.rules(api).limit
        running, newest = set[int](), -1
        for one in program.seen:
            if program.calls[one.call].api != api:
                continue
            if one.what == "sent":
                running.add(one.call)
                assert newest < one.call, "a later call was sent before an earlier one"
                newest = one.call
            running -= {one.call} if one.what == "gone" else set()
            assert limit is None or len(running) <= limit, "more are being sent than allowed"


def within_the_time(program: MiniProgram, now: float, longest: float) -> None:
    """Check that no call has been at the server for longer than any host allows, in seconds."""
    sent = {one.call: one.at for one in program.seen if one.what == "sent"}
    late = {number for number in sending(program) if now - sent[number] > longest}
    assert set() == late, "a call outlived its time"


def with_a_cause(program: MiniProgram, call: Made, record: Record, story: list[Seen]) -> None:
    """Check that a call ended once, as everybody was told, and for what happened to it."""
    told = [state for _, state, _ in record.callbacks]
    ended = [state for state in told if state in STATES]
    assert ended in ([], told[-1:])
    if not ended:
        assert not {one.what for one in story} & {*ENDS, "resolved", "rejected"}
        return
    assert ended == ["success" if record.ok else "fail"]
    heard = [one.what for one in story if one.what in ENDS]
    assert heard == [name for name in (*ended, "complete") if name in call.deeds]
    assert _explained(program, call, record, story), f"{record.reason} for no reason"


def _explained(program: MiniProgram, call: Made, record: Record, story: list[Seen]) -> bool:
    """Tell whether what happened to a call explains what it came to."""
    if call.refused:
        return record.reason in call.refused
    if call.aborted and (call.tells or record.reason is Reason.ABORTED):
        return record.reason is Reason.ABORTED
    if record.reason is Reason.TIMEOUT:
        return _took_its_time(program, call, story)
    decided = program.server.decided.get(call.number, "")
    return record.reason is SCRIPTED.get(decided) and record.ok is (decided == "answer")


def _took_its_time(program: MiniProgram, call: Made, story: list[Seen]) -> bool:
    """Tell whether a call that timed out had all the time it was given, or the host gives."""
    at = {one.what: one.at for one in story}
    given = call.timeout or program.rules(call.api).fixed_timeout
    possible = {given, program.rules(call.api).fixed_timeout}
    return (at["gone"] - at["sent"]) * 1000 in [pytest.approx(each) for each in possible]


def at_rest(program: MiniProgram) -> None:
    """Check that as many calls are being sent as may be, the oldest, and nothing else is kept."""
    live = [call for api in program.apis for call in program.live(api)]
    assert sorted(call.number + 1 for call in live) == sorted(
        r.id for r in program.bridge.in_flight
    )
    first = {
        one.number for api in program.apis for one in program.live(api)[: program.rules(api).limit]
    }
    assert first == sending(program), "a slot is idle, or was not freed"


def sending(program: MiniProgram) -> set[int]:
    """Return the calls that are at the server."""
    gone = {one.call for one in program.seen if one.what == "gone"}
    return {one.call for one in program.seen if one.what == "sent"} - gone
