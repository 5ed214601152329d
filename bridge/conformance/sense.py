"""What no schema can tell of a case: that its words refer to something."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING

from bridge import registry
from bridge.conformance.case import STEPS, label_of, tokens
from bridge.conformance.needs import check_need
from bridge.conformance.who import ANY, NOT
from bridge.errors import BridgeError
from bridge.reasons import Reason
from bridge.registry import unknown

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from bridge.conformance.case import Case, Hold, Json

_BELONGS = {
    "as": ("call", "get", "read", "intercept"),
    "hooks": ("intercept",),
    "removes": ("intercept",),
    "options": ("call",),
    "callbacks": ("call",),
    "spoils": ("call",),
    "throws": ("call", "do"),
    "times": ("call",),
    "args": ("get",),
    "over": ("get",),
    "on": ("call", "get", "read", "do"),
    "below": ("call", "get", "read"),
    "listener": ("do",),
    "within": ("wait",),
}
"""What else a step may have -> the kinds of step that may."""
_INTERCEPTS = ({"as", "hooks"}, {"removes"})
_ENDINGS = ("returned", "threw", "success", "fail", "complete", "resolved", "rejected")
_WIRE = "wire"
_ALL = "*"


def check_sense(case: Case, place: str) -> None:
    """Raise `BridgeError`, beginning with `place`, for a case whose words refer to nothing."""
    try:
        labels = _check_steps(case)
        _check_targets(case)
        for hold in case.holds:
            _check_hold(hold, case, labels)
        for reason in tokens(case.given, "fails"):
            _check_reason(reason)
        names = [hold.that for hold in case.holds]
        _refuse_twice("expectation", names)
        for need in (*case.needs, *(need for hold in case.holds for need in hold.needs)):
            check_need(need)
    except BridgeError as error:
        raise BridgeError(f"{place}: {error}") from error


def _check_steps(case: Case) -> list[str]:
    """Check the steps one by one, and return what their events are called."""
    labels: list[str] = []
    for at, step in enumerate(case.steps, 1):
        try:
            _check_step(step, labels, case)
        except BridgeError as error:
            raise BridgeError(f"step {at}: {error}") from error
    _refuse_twice("step called", labels)
    return labels


def _check_step(step: Json, labels: list[str], case: Case) -> None:
    kinds = [kind for kind in STEPS if kind in step]
    if len(kinds) != 1:
        known = ", ".join(STEPS)
        raise BridgeError(f"it has exactly one of {known}, not {' and '.join(kinds) or 'none'}")
    for key in step.keys() & _BELONGS.keys():
        if kinds[0] not in _BELONGS[key]:
            raise BridgeError(f"{key!r} belongs to {' or '.join(_BELONGS[key])}")
    if "as" not in step and not isinstance(step.get("read", ""), str):
        raise BridgeError("where several members are read, 'as' names them")
    if kinds == ["intercept"] and step.keys() - kinds not in _INTERCEPTS:
        raise BridgeError("it has 'hooks' that 'as' names, or 'removes' some")
    _check_references(step, labels, case)
    # A function of the global may be called again; its events are told apart by their listeners.
    labels.extend(each for each in _labels(step) if "do" not in step or each not in labels)


def _labels(step: Json) -> Iterator[str]:
    """Yield what a step's events are called, unless a table tells how many there are."""
    if "do" in step and "on" not in step:
        yield step["do"]
    elif "hooks" in step:
        yield step["as"]
    elif step.keys() & {"call", "get", "read"} and "times" not in step:
        yield label_of(step)
    elif isinstance(step.get("times"), int):
        yield from (f"{label_of(step)}{n}" for n in range(1, step["times"] + 1))


def _check_references(step: Json, labels: list[str], case: Case) -> None:
    files = case.given["files"]
    for token in ("$given", "$blob"):
        for name in tokens(step, token):
            if name not in files:
                raise BridgeError(unknown("given file", str(name), list(files)))
    named = [step["on"]] if "on" in step else []
    hooked = [each.get("as", "") for each in case.steps if "hooks" in each]
    if step.get("removes", _ALL) not in (_ALL, *hooked):
        raise BridgeError(unknown("interceptor", step["removes"], hooked))
    named += [str(event).partition(".")[0] for event in tokens(step, "$from")]
    named += _waited_for(step.get("wait"))
    for name in named:
        if name not in labels and not _counts(case):
            raise BridgeError(unknown("earlier step", name, labels))


def _counts(case: Case) -> bool:
    """Tell whether a table says how many calls there are, so that their names are not known."""
    return any(not isinstance(step.get("times", 1), int) for step in case.steps)


def _waited_for(wait: object) -> list[str]:
    if not isinstance(wait, dict):
        return []
    named = [wait[key] for key in ("settled", "of") if key in wait]
    return [*named, *([wait["event"].rpartition(".")[0]] if "event" in wait else [])]


def _check_reason(reason: object) -> None:
    """Refuse a reason that does not exist; of a table, each entry is looked at."""
    for name in _texts(reason):
        if name not in Reason.__members__:
            raise BridgeError(unknown("reason", name, list(Reason.__members__)))


def _refuse_twice(what: str, names: list[str]) -> None:
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise BridgeError(f"there is more than one {what} {twice!r}")


def _check_hold(hold: Hold, case: Case, labels: list[str]) -> None:
    if not hold.checks:
        raise BridgeError(f"{hold.that!r} checks nothing")
    for subject in _subjects(hold):
        _check_subject(subject, case, labels)
    for pattern in _texts(hold.checks.get("matches")):
        try:
            re.compile(pattern)
        except re.error as error:
            raise BridgeError(f"{hold.that!r}: {pattern!r} is no regular expression") from error


def _subjects(hold: Hold) -> Iterator[str]:
    """Yield every event or upload that an expectation speaks of."""
    yield from _texts(hold.of)
    yield from _texts(hold.checks.get("before"))
    for check, key in (("took", "since"), ("same", "of")):
        told = hold.checks.get(check)
        if isinstance(told, dict):
            yield from _texts(told.get(key))


def _check_subject(subject: str, case: Case, labels: list[str]) -> None:
    if subject == ANY or subject.partition(":")[0] == _WIRE:
        return
    label, _, what = subject.partition(".")
    if label not in labels and not _counts(case):
        raise BridgeError(unknown("call", label, labels))
    done = [step for step in case.steps if "do" in step]
    known = [*_ENDINGS, *(f"heard:{step['listener']}" for step in done if "listener" in step)]
    known += [f"heard:{hook}" for step in case.steps for hook in step.get("hooks", ())]
    known += [f"{word}:{step['do']}" for step in done for word in ("did", "threw")]
    if what and what not in known:
        raise BridgeError(unknown("event", what, list(dict.fromkeys(known))))


def _texts(value: object) -> Iterator[str]:
    """Yield a text, or those of a table."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for inner in value.values():
            yield from _texts(inner)


# --- who


def _check_targets(case: Case) -> None:
    _check_selectors(case.only)
    for hold in case.holds:
        _check_selectors(hold.only)
    values = [case.given, case.steps, *((hold.checks, hold.source) for hold in case.holds)]
    for table in tokens(values, "$by"):
        _check_selectors(table if isinstance(table, dict) else ())


def _check_selectors(selectors: Iterable[str]) -> None:
    layers, hosts = _words()
    for selector in selectors:
        layer, slash, host = selector.removeprefix(NOT).rpartition("/")
        if layer and layer not in layers:
            raise BridgeError(unknown("layer", layer, sorted(layers)))
        if host not in hosts and (slash or host not in layers):
            raise BridgeError(unknown("host", host, sorted(hosts | layers)))


@cache
def _words() -> tuple[frozenset[str], frozenset[str]]:
    """Return the names of the layers, and the names and families of the hosts."""
    profiles = registry.profiles()
    hosts = {name for each in profiles for name in (each.name, *each.aliases, each.schema)}
    layers = frozenset(layer.name for layer in registry.layers())
    return layers, frozenset(hosts | {ANY})
