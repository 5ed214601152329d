"""A plan file: TOML, read, checked and made into a plan, or refused in one sentence."""

from __future__ import annotations

import math
import tomllib
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final, cast

from bridge.comparison.given import Logic
from bridge.comparison.given import read as read_call
from bridge.conformance.load import is_path, load
from bridge.conformance.who import Who
from bridge.errors import BridgeError
from bridge.files import package_of
from bridge.logic.engine import engine_for
from bridge.registry import unknown
from bridge.rules import is_origin
from bridge.sweep import condition
from bridge.sweep.plan import Plan
from bridge.sweep.scenario import Condition, How, Item, Script
from bridge.target import all_names, resolve
from bridge.textfile import text_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

Table = dict[str, Any]

NEWEST: Final = "newest"
"""The version of a target that names none."""
MOST: Final = 1_000_000_000
"""Scenarios of the largest plan; whoever records them has a byte of memory for each."""
_KEYS: Final = (
    "targets",
    "versions",
    "conditions",
    "seeds",
    "scenarios",
    "engine",
    "transport",
    "deadline",
    "at_once",
    "routes",
)
_ENGINES: Final = ("auto", "python", "node", "quickjs")
_TRANSPORTS: Final = ("sockets", "memory")


def read(file: Path) -> Plan:
    """
    Read a plan file; the files it names are found from its folder.

    Raises:
        BridgeError: something is wrong with it, in one sentence that begins with its name.
        MissingEngineError: no engine for its logic files can be started here.
    """
    try:
        table = tomllib.loads(text_of(file, "the plan"))
    except ValueError as error:
        raise BridgeError(f"{file.name} is no TOML: {error}") from error
    try:
        return _plan(table, file.resolve().parent)
    except BridgeError as error:
        raise type(error)(f"{file.name}: {error}") from error


def _plan(table: Table, folder: Path) -> Plan:
    _check_keys("key", table, _KEYS)
    items = tuple(_items(_table(table, "scenarios"), folder))
    targets = tuple(dict.fromkeys(_targets(table)))
    plan = Plan(targets, _conditions(table), _seeds(table), items, _how(table, items))
    _check_size(plan)
    return plan


def _check_size(plan: Plan) -> None:
    """Raise `BridgeError` for more scenarios than one results file can keep track of."""
    with suppress(OverflowError):
        if len(plan) <= MOST:
            return
    raise BridgeError(f"more than {MOST:,} scenarios: divide the seeds among several plans")


# --- targets and their versions


def _targets(table: Table) -> Iterator[str]:
    """Yield the addresses, one for each version of each target."""
    asked = _texts(table, "targets", ["wx"])
    names = [one for word in asked for one in (all_names() if word == "all" else [word])]
    versions = _versions(table)
    used: set[str] = set()
    for name in names:
        target = resolve(name)
        key = None if target.version else Who.of(target).pick(versions)
        if key is None:
            yield target.name
            continue
        used.add(key)
        for version in versions[key]:
            address = target.name if version == NEWEST else f"{target.name}@{version}"
            yield resolve(address).name
    idle = next((key for key in versions if key not in used), None)
    if idle is not None:
        raise BridgeError(f"versions: no target of the plan is called {idle!r}, without a version")


def _versions(table: Table) -> dict[str, list[str]]:
    """Return the versions by the word that says of which targets; a list is about all of them."""
    given = table.get("versions", {})
    by_target = given if isinstance(given, dict) else {"*": given}
    return {word: _listed(f"versions of {word!r}", by_target[word]) for word in by_target}


# --- conditions, seeds, scenarios


def _conditions(table: Table) -> tuple[Condition, ...]:
    given = table.get("conditions", [condition.NONE])
    if isinstance(given, list):
        given = {text: text for text in _listed("conditions", given)}
    if not isinstance(given, dict):
        raise BridgeError("conditions is a list of texts, or a table of texts by name")
    if not given:
        raise BridgeError('conditions is empty, so there is nothing to sweep; leave it at ["none"]')
    return tuple(Condition(name, _condition(name, text)) for name, text in given.items())


def _condition(name: str, text: object) -> str:
    if not isinstance(text, str):
        raise BridgeError(f"condition {name!r} is a text, not {text!r:.60}")
    try:
        condition.check(text)
    except BridgeError as error:
        raise BridgeError(f"condition {name!r}: {error}") from error
    return text


def _seeds(table: Table) -> Sequence[int]:
    given = table.get("seeds", 1)
    if _is_count(given):
        seeds: Sequence[int] = range(given)
    elif isinstance(given, list) and all(map(_is_count, given)):
        seeds = tuple(dict.fromkeys(given))
    else:
        raise BridgeError(f"seeds is how many, or a list of numbers from 0, not {given!r:.60}")
    if not seeds:
        raise BridgeError("seeds leaves none, so there is nothing to sweep")
    return seeds


def _items(table: Table, folder: Path) -> Iterator[Item]:
    """Yield what is played."""
    _check_keys("kind of scenario", table, tuple(_KINDS))
    found = [item for kind, make in _KINDS.items() for item in make(table, kind, folder)]
    if not found:
        raise BridgeError(f"scenarios names none: it takes lists of {', '.join(_KINDS)}")
    yield from {item.name: item for item in found}.values()


def _cases(table: Table, kind: str, folder: Path) -> Iterator[Item]:
    words = _texts(table, kind, [])
    placed = [str(folder / word) if is_path(folder / word) else word for word in words]
    for case in load(placed) if placed else ():
        yield Item(case.id, case)


def _calls(table: Table, kind: str, folder: Path) -> Iterator[Item]:
    for word in _texts(table, kind, []):
        call = read_call(folder / word)
        if isinstance(call, Logic):
            raise BridgeError(f"{word!r} is a logic file: list it under scripts")
        yield Item(word, call)


def _scripts(table: Table, kind: str, folder: Path) -> Iterator[Item]:
    for word in _texts(table, kind, []):
        logic = read_call(folder / word)
        if not isinstance(logic, Logic):
            raise BridgeError(f"{word!r} is a call: list it under calls")
        yield Item(word, Script(logic.file.resolve(), package_of(logic.file)))


_KINDS: Final[dict[str, Callable[[Table, str, Path], Iterator[Item]]]] = {
    "cases": _cases,
    "calls": _calls,
    "scripts": _scripts,
}


# --- how it is played


def _how(table: Table, items: tuple[Item, ...]) -> How:
    engine = _word(table, "engine", _ENGINES)
    scripts = any(isinstance(item.what, Script) for item in items)
    if scripts and engine == "python":
        raise BridgeError("engine = 'python' runs no scripts: take node, quickjs or auto")
    return How(
        case_engine="python" if engine == "auto" else engine,
        # Which one `auto` means is settled here, so that it is the same on every worker.
        script_engine=engine_for(engine).name if scripts else "",
        transport=_word(table, "transport", _TRANSPORTS),
        deadline=_deadline(table.get("deadline", 120)),
        at_once=_at_once(table.get("at_once", 1)),
        routes=tuple(_routes(table)),
    )


def _deadline(given: object) -> float:
    if isinstance(given, bool) or not isinstance(given, (int, float)) or not 0 < given < math.inf:
        raise BridgeError(f"deadline is a number of seconds, not {given!r:.60}")
    return float(given)


def _at_once(given: object) -> int:
    if not _is_count(given) or not given:
        raise BridgeError(f"at_once is how many scenarios, from 1, not {given!r:.60}")
    return cast("int", given)


def _routes(table: Table) -> Iterator[str]:
    for origin in _texts(table, "routes", []):
        if not is_origin(origin):
            raise BridgeError(f"{origin!r} is not an origin; write scheme://host[:port]")
        yield origin


# --- values


def _check_keys(kind: str, table: Table, known: tuple[str, ...]) -> None:
    strange = next((key for key in table if key not in known), None)
    if strange is not None:
        raise BridgeError(unknown(kind, strange, list(known)))


def _table(table: Table, key: str) -> Table:
    given = table.get(key, {})
    if not isinstance(given, dict):
        raise BridgeError(f"{key} is a table, not {given!r:.60}")
    return given


def _texts(table: Table, key: str, usual: list[str]) -> list[str]:
    """Return a list of texts; one that is given must not be empty."""
    return _listed(key, table[key]) if key in table else usual


def _listed(key: str, given: object) -> list[str]:
    if not isinstance(given, list) or not all(isinstance(one, str) for one in given):
        raise BridgeError(f"{key} is a list of texts, not {given!r:.60}")
    if not given:
        raise BridgeError(f"{key} is empty, so there is nothing to sweep")
    return given


def _word(table: Table, key: str, known: tuple[str, ...]) -> str:
    given = table.get(key, known[0])
    if given not in known:
        raise BridgeError(f"{key} is {' or '.join(known)}, not {given!r:.60}")
    return cast("str", given)


def _is_count(given: object) -> bool:
    return isinstance(given, int) and not isinstance(given, bool) and given >= 0
