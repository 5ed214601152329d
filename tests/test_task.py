"""The life of one call, and the listeners of its task."""

from __future__ import annotations

from typing import Literal

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from bridge.task import FOLLOWING, Life, Listeners, State

WAY = (State.CREATED, State.QUEUED, State.SENDING, State.RECEIVING, State.SETTLED)


def test_every_state_but_the_last_can_settle() -> None:
    """A call may end at any time, and nothing follows its end."""
    assert len(State) == len(FOLLOWING)
    assert {*WAY[:-1]} == {state for state in State if State.SETTLED in FOLLOWING[state]}
    assert () == FOLLOWING[State.SETTLED]


def test_a_call_goes_its_way() -> None:
    """Each step leads to the next state, in the order of the pipeline."""
    life = Life()
    assert WAY[0] is life.state
    for state in WAY[1:]:
        assert not life.settled
        assert life.advance(state)
        assert state is life.state
    assert life.settled


class Lives(RuleBasedStateMachine):
    """Random steps: the state only ever goes forward, and settles once."""

    def __init__(self) -> None:
        super().__init__()
        self.life = Life()
        self.ends = 0

    @rule(state=st.sampled_from(State))
    def step(self, state: State) -> None:
        """A step counts exactly if it is the next one or the end; else nothing changes."""
        before = self.life.state
        counted = self.life.advance(state)
        last = before is State.SETTLED
        assert counted is (not last and (state is State.SETTLED or state == before + 1))
        assert (state if counted else before) is self.life.state
        self.ends += counted and state is State.SETTLED

    @invariant()
    def ends_at_most_once(self) -> None:
        """`settled` holds from the one terminal event on."""
        assert self.ends == (1 if self.life.settled else 0)


TestLives = Lives.TestCase


def made(
    duplicates: Literal["once", "twice"] = "once", off: Literal["clear", "ignore"] = "clear"
) -> Listeners:
    """Return listeners by a host's rules."""
    return Listeners(duplicates, off)


@pytest.mark.parametrize(("kind", "calls"), [("once", 1), ("twice", 2)])
def test_a_listener_added_twice_is_called_as_the_host_calls_it(
    kind: Literal["once", "twice"], calls: int
) -> None:
    """Some hosts keep one, some keep both."""
    listeners = made(kind)
    listeners.add(print)
    listeners.add(print)
    assert [print] * calls == list(listeners)


def test_removing_a_function_takes_one_of_it() -> None:
    """Where both are kept, the first occurrence goes."""
    listeners = made("twice")
    for function in (print, len, print):
        listeners.add(function)
    listeners.remove(print)
    assert [len, print] == list(listeners)
    listeners.remove(abs)
    assert [len, print] == list(listeners)


@pytest.mark.parametrize(("off", "left"), [("clear", []), ("ignore", [print, len])])
def test_off_without_a_function_does_what_the_host_does(
    off: Literal["clear", "ignore"], left: list[object]
) -> None:
    """Either all listeners go, or none."""
    listeners = made(off=off)
    listeners.add(print)
    listeners.add(len)
    listeners.remove()
    assert left == list(listeners)


@pytest.mark.parametrize("nothing", [None, 3, "f", {}])
def test_what_is_no_function_is_no_listener(nothing: object) -> None:
    """It is ignored without an error."""
    listeners = made()
    listeners.add(nothing)
    assert [] == list(listeners)


def test_a_listener_may_detach_itself_while_it_is_called() -> None:
    """Every listener attached at the time of the event is still called."""
    listeners, heard = made(), []

    def first(_: object) -> None:
        heard.append("first")
        listeners.remove(first)

    listeners.add(first)
    listeners.add(lambda _: heard.append("second"))
    for _ in range(2):
        for listener in listeners:
            listener({})
    assert ["first", "second", "second"] == heard


def test_sealed_listeners_are_gone_and_take_no_more() -> None:
    """After the end of a call nothing is heard."""
    listeners = made()
    listeners.add(print)
    listeners.seal()
    listeners.add(len)
    assert [] == list(listeners)
