"""Any interleaving of calls, aborts, listeners, answers and time, on any target."""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

import looptime
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from bridge import BridgeError
from bridge.target import all_names, resolve
from tests.properties import rules
from tests.properties.program import ENDS, FAULTS, LISTENERS, NEWS, REQUEST, UPLOAD, MiniProgram
from tests.properties.server import SCRIPTED, pause

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from tests.properties.program import Made, Seen

EXAMPLES = int(os.environ.get("MINIBRIDGE_EXAMPLES", "4"))
"""How many sequences are tried on each target; the environment may ask for more."""
LATE = 20
"""Steps after which the bridge may be closed."""
LONGEST = 60.0
"""Seconds after which every host gives a call up."""
DESCRIPTORS = Path("/dev/fd")

slots = st.fixed_dictionaries(
    {"limit": st.sampled_from([1, 2, 3, None]), "overflow": st.sampled_from(["queue", "reject"])}
)
listeners = st.integers(0, len(LISTENERS) - 1)
turns = st.integers(0, 3)
deeds = st.fixed_dictionaries(
    {}, optional=dict.fromkeys(ENDS, st.sampled_from(["note", "note", "throw", "start", "abort"]))
)
fates = st.sampled_from(["answer", "stall", *SCRIPTED])
PROFILE = settings(
    max_examples=EXAMPLES,
    stateful_step_count=30,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)


def descriptors() -> int:
    """Count what this process has open, where the system tells."""
    return sum(1 for _ in DESCRIPTORS.iterdir()) if DESCRIPTORS.exists() else 0


class Calls(RuleBasedStateMachine):
    """Random steps of a mini-program and its server; what must hold is checked after each."""

    address: ClassVar[str]
    """The target."""

    @initialize(
        slots=slots,
        latency=st.sampled_from([0.0, 1.0]),
        rate=st.sampled_from([None, 10_000.0]),
    )
    def open(self, slots: dict[str, object], latency: float, rate: float | None) -> None:
        """Open a bridge with few slots, on a loop whose time passes when told."""
        self.loop = looptime.new_event_loop()
        self.before = descriptors()
        self.steps = self.checked = 0
        requests = {"request": slots} if resolve(self.address).profile.request else {}
        self.program = MiniProgram(self.address, latency, rate, slots | requests)

    def do(self, work: Coroutine[object, object, None], ahead: int = 0) -> None:
        """Run a piece of work, and some turns of the loop."""

        async def run() -> None:
            await work
            await pause(ahead)

        self.steps += 1
        self.loop.run_until_complete(run())

    def act(self, deed: Callable[[], object], ahead: int = 0) -> None:
        """Do something in one turn of the loop."""

        async def run() -> None:
            # What was due already has come by now, and who listens may be about to change.
            self._news_reaches_who_listens()
            deed()

        self.do(run(), ahead)

    # --- the mini-program

    @precondition(lambda self: not self.program.closed)
    @rule(
        api=st.sampled_from([UPLOAD, REQUEST]),
        fault=st.sampled_from(["", "", "", *FAULTS]),
        deeds=deeds,
        timeout=st.sampled_from([None, None, 2000]),
        fate=st.none() | st.just("answer") | fates,
        then=st.sampled_from(["listen", "listen", "", "abort", "abort twice"]),
        ahead=turns,
    )
    def start(  # noqa: PLR0913, PLR0917  one draw for each thing a call can be
        self,
        api: str,
        fault: str,
        deeds: dict[str, str],
        timeout: int | None,
        fate: str | None,
        then: str,
        ahead: int,
    ) -> None:
        """Make a call, good or bad, and do something with its task before the turn ends."""
        api = api if api in self.program.apis else UPLOAD
        if fault and api == REQUEST:
            fault = "scheme"
        if self.program.rules(api).overflow == "reject":
            # Only then is the very turn known in which a call ends and its slot is free.
            deeds = {"complete": "note"} | deeds

        self.act(
            lambda: self._begin(self.program.start(api, fault, deeds, timeout), fate, then), ahead
        )

    @precondition(lambda self: not self.program.closed)
    @rule(
        api=st.sampled_from([UPLOAD, REQUEST]),
        chosen=st.lists(st.none() | fates, min_size=2, max_size=4),
        heard=st.lists(listeners, max_size=3),
        unheard=st.lists(listeners | st.none(), max_size=2),
        ahead=turns,
    )
    def start_several(
        self,
        api: str,
        chosen: list[str | None],
        heard: list[int],
        unheard: list[int | None],
        ahead: int,
    ) -> None:
        """Make several good calls in one turn, and attach and detach listeners of each."""
        api = api if api in self.program.apis else UPLOAD

        def deed() -> None:
            for fate in chosen:
                call = self.program.start(api, deeds={"complete": "note"})
                self._begin(call, fate, "")
                for news in NEWS:
                    for listener in heard:
                        self.program.attach(call, news, listener)
                    for out in unheard:
                        self.program.detach(call, news, out)

        self.act(deed, ahead)

    def _begin(self, call: Made, fate: str | None, then: str) -> None:
        """Decide about a call and do something with its task before the turn ends."""
        if fate is not None:
            self.program.server.decide(call.number, fate)
        for _ in range({"abort": 1, "abort twice": 2}.get(then, 0)):
            self.program.abort(call)
        for news in NEWS if then == "listen" else ():
            self.program.attach(call, news, 0)

    @precondition(lambda self: self.program.calls and not self.program.closed)
    @rule(data=st.data(), ahead=turns)
    def abort(self, data: st.DataObject, ahead: int) -> None:
        """Abort any call: waiting, being sent, or over."""
        call = data.draw(st.sampled_from(self.program.calls))
        self.act(lambda: self.program.abort(call), ahead)

    @precondition(lambda self: self.program.calls)
    @rule(data=st.data(), news=st.sampled_from(list(NEWS)), listener=listeners)
    def attach(self, data: st.DataObject, news: str, listener: int) -> None:
        """Attach a listener, perhaps once more, perhaps too late."""
        call = data.draw(st.sampled_from(self.program.calls))
        self.act(lambda: self.program.attach(call, news, listener))

    @precondition(lambda self: self.program.calls)
    @rule(data=st.data(), news=st.sampled_from(list(NEWS)), listener=listeners | st.none())
    def detach(self, data: st.DataObject, news: str, listener: int | None) -> None:
        """Detach a listener, perhaps one that is not attached, or name none."""
        call = data.draw(st.sampled_from(self.program.calls))
        self.act(lambda: self.program.detach(call, news, listener))

    @precondition(lambda self: self.steps > LATE and not self.program.closed)
    @rule(ahead=turns)
    def close(self, ahead: int) -> None:
        """Close the bridge, whatever is going on; nothing is going on after it."""

        async def leave() -> None:
            await asyncio.wait_for(self.program.close(), LONGEST)
            assert [] == self.program.bridge.in_flight
            assert set() == rules.sending(self.program)

        self.do(leave(), ahead)

    @precondition(lambda self: self.program.closed)
    @rule()
    def start_too_late(self) -> None:
        """A closed bridge takes no call, and says so."""
        before = len(self.program.seen)
        with pytest.raises(BridgeError, match="closed"):
            self.act(lambda: self.program.send(UPLOAD, {}))
        assert before == len(self.program.seen)

    # --- the server, and time

    @precondition(lambda self: self.program.server.holding)
    @rule(data=st.data(), what=fates, ahead=turns)
    def decide(self, data: st.DataObject, what: str, ahead: int) -> None:
        """The server answers a call, refuses it, resets it half way or falls silent there."""
        number = data.draw(st.sampled_from(sorted(self.program.server.holding)))
        self.act(lambda: self.program.server.decide(number, what), ahead)

    @precondition(lambda self: self.program.server.holding)
    @rule(ahead=turns)
    def answer(self, ahead: int) -> None:
        """The server answers everything it holds."""

        def deed() -> None:
            for number in tuple(self.program.server.holding):
                self.program.server.decide(number, "answer")

        self.act(deed, ahead)

    @rule(seconds=st.sampled_from([0.0, 0.5, 0.5, 3.0, 3.0, 70.0]))
    def pass_time(self, seconds: float) -> None:
        """Let time pass, and the loop go round until only time is waited for."""
        self.do(asyncio.sleep(seconds))
        self.do(self.program.rest())
        rules.at_rest(self.program)

    # --- what must hold

    @invariant()
    def every_rule_holds(self) -> None:
        """Check all of them; one step each keeps the report of a failure short."""
        self._each_call_is_told_as_it_must_be()
        self._news_reaches_who_listens()
        self._slots_are_kept()
        self._what_callbacks_raise_is_kept()

    def _each_call_is_told_as_it_must_be(self) -> None:
        """In order, once, for a reason, and not after its end."""
        program = self.program
        stories: list[list[Seen]] = [[] for _ in program.calls]
        for one in program.seen:
            stories[one.call].append(one)
        for call, record, story in zip(program.calls, program.bridge.calls, stories, strict=True):
            rules.told_in_order(call, story)
            rules.quiet_after_abort(story)
            rules.with_a_cause(program, call, record, story)

    def _news_reaches_who_listens(self) -> None:
        """What was told since the last step went to the listeners attached by then."""
        fresh, self.checked = self.program.seen[self.checked :], len(self.program.seen)
        for call in self.program.calls:
            rules.heard_by_all(call, [one for one in fresh if one.call == call.number])

    def _slots_are_kept(self) -> None:
        """The limit, the order, and the time a call may take."""
        rules.within_the_limit(self.program)
        rules.within_the_time(self.program, self.loop.time(), LONGEST)

    def _what_callbacks_raise_is_kept(self) -> None:
        """Exactly that, and nothing that a check here raised."""
        raised = [str(error) for error in self.program.bridge.callback_errors]
        assert ["in the mini-program"] * self.program.throws == raised

    def teardown(self) -> None:
        """Let everything end; then every slot must be free, and nothing may be left."""
        if not hasattr(self, "program"):
            return
        try:
            # What broke a rule is the news then, not what it left behind.
            if sys.exc_info()[1] is None:
                self._end()
        finally:
            for task in asyncio.all_tasks(self.loop):
                task.cancel()
            self.do(self.program.rest())
            self.loop.close()

    def _end(self) -> None:
        program = self.program
        if not program.closed:
            self._let_go()
            self._fill_the_slots()
            self.close(0)
        self.do(program.rest())
        self.every_rule_holds()
        assert all(watcher.done() for watcher in program.watchers)
        assert all(record.ok is not None for record in program.bridge.calls)
        assert set() == asyncio.all_tasks(self.loop)
        assert self.before == descriptors()

    def _let_go(self) -> None:
        """Have everything answered, and give what stalls its time, until the queue is empty."""
        # Each of the three callbacks may start one more call, and those start none.
        for _ in range(4 * len(self.program.bridge.in_flight)):
            if not self.program.bridge.in_flight:
                return
            self.answer(0)
            self.pass_time(LONGEST + 1)
        assert [] == self.program.bridge.in_flight

    def _fill_the_slots(self) -> None:
        """Start as many calls as there are slots: each must get one at once."""
        for api in self.program.apis:
            self.start_several(api, [None] * (self.program.rules(api).limit or 3), [], [], 0)
        self.pass_time(0)


@pytest.mark.timeout(300)
@pytest.mark.parametrize("target", list(all_names()))
def test_calls_keep_the_rules_whatever_happens(target: str) -> None:
    """Every call ends once, in order, for a reason, within its slots, and leaves nothing."""

    class OnTarget(Calls):
        address = target

    run_state_machine_as_test(OnTarget, settings=PROFILE)
