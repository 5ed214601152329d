"""One case on one target: tables looked up, names found, or the reason why it is skipped."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, cast

from bridge.conformance.case import interceptor_of, kind_of, label_of
from bridge.conformance.needs import Abilities
from bridge.conformance.who import Who
from bridge.target import resolve

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from bridge.conformance.case import Case, Hold, Json
    from bridge.target import Target


@dataclass(frozen=True, slots=True)
class Skip:
    """
    Why a case is not played on a target.

    Attributes:
        why: `elsewhere` (it is about other targets), `lacks` (the target has no such thing),
            `says nothing` (a table has no entry for it) or `cannot arrange` (the engine cannot).
        what: the targets, the need, the place of the table, or what cannot be arranged.
    """

    why: str
    what: str

    def to_json(self) -> dict[str, str]:
        """Return the reason as data."""
        return {"why": self.why, "what": self.what}


@dataclass(frozen=True, slots=True)
class Scene:
    """
    What is played on one target, and judged.

    Attributes:
        case: the case.
        target: the address of the target that was asked for.
        place: the target itself, in the version and with the readings that the case gives it.
        given: what there is; the values may still name given files and the server.
        steps: the steps, each `call`, `get` and `read` with the `global` that has it.
        holds: the expectations that speak of this target.
    """

    case: Case
    target: str
    place: Place
    given: Json
    steps: tuple[Json, ...]
    holds: tuple[Hold, ...]


class _SilentError(Exception):
    """A table has no entry for the target."""


class _SkipError(Exception):
    """The case is not for this target."""

    def __init__(self, why: str, what: str) -> None:
        self.skip = Skip(why, what)


class Place:
    """One target that cases are played on; what it is called and can do is worked out once."""

    def __init__(self, name: str, readings: Mapping[str, object] | None = None) -> None:
        self._readings = dict(readings or {})
        self._target = resolve(name, self._readings)
        self._others: dict[str, Place] = {}

    def __reduce__(self) -> tuple[type[Place], tuple[str, dict[str, object]]]:
        """Cross to another process by name: what was worked out here is worked out there anew."""
        return Place, (self.name, self._readings)

    @property
    def name(self) -> str:
        """The address of the target."""
        return self._target.name

    @property
    def readings(self) -> dict[str, object]:
        """The profile fields that have another value on every case."""
        return dict(self._readings)

    @cached_property
    def who(self) -> Who:
        """What the target is called."""
        return Who.of(self._target)

    @cached_property
    def abilities(self) -> Abilities:
        """What it can do."""
        return Abilities(self._target)

    @property
    def target(self) -> Target:
        """The target, resolved."""
        return self._target

    def scene(self, case: Case, arranges: frozenset[str]) -> Scene | Skip:
        """
        Return a case as it is played here, or why it is not.

        Args:
            case: the case.
            arranges: what of `given`, and of the `arrange` steps, the engine can provide.
        """
        try:
            return self._scene(case, arranges)
        except _SkipError as reason:
            return reason.skip

    def _scene(self, case: Case, arranges: frozenset[str]) -> Scene:
        if case.only and not self.who.among(case.only):
            raise _SkipError("elsewhere", ", ".join(case.only))
        given = cast("Json", self._told(case.given, "given"))
        for what in (*given, *(["arrange"] if any("arrange" in s for s in case.steps) else [])):
            if what not in arranges:
                raise _SkipError("cannot arrange", what)
        place = self._other(given.pop("version", None), given.pop("readings", {}))
        return place.played(case, self.name, given)

    def played(self, case: Case, target: str, given: Json) -> Scene:
        """Return the scene of a case, once it is known what is given."""
        self._require(case.needs)
        steps = tuple(self._steps(cast("list[Json]", self._told(list(case.steps), "steps"))))
        holds = tuple(self._holds(case))
        if not holds:
            raise _SkipError("says nothing", "holds")
        return Scene(case, target, self, given, steps, holds)

    def _other(self, version: str | None, readings: Mapping[str, object]) -> Place:
        """Return the same target in another version, or read in another way."""
        if version is None and not readings:
            return self
        if version is not None and self._target.version is not None:
            raise _SkipError("cannot arrange", "version")
        name = self._target.name if version is None else f"{self._target.name}@{version}"
        key = f"{name} {json.dumps(readings, sort_keys=True)}"
        if key not in self._others:
            self._others[key] = Place(name, {**self._readings, **readings})
        return self._others[key]

    def _require(self, needs: tuple[str, ...]) -> None:
        for need in needs:
            if not self.abilities.has(need):
                raise _SkipError("lacks", need)

    def _told(self, value: object, where: str) -> object:
        try:
            return self._looked_up(value)
        except _SilentError:
            raise _SkipError("says nothing", where) from None

    def _looked_up(self, value: Any) -> object:  # noqa: ANN401  any JSON
        """Return a value with each table replaced by its entry for this target."""
        if isinstance(value, list):
            return [self._looked_up(inner) for inner in value]
        if not isinstance(value, dict):
            return value
        if value.keys() == {"$by"}:
            key = self.who.pick(value["$by"])
            if key is None:
                raise _SilentError
            return self._looked_up(value["$by"][key])
        return {key: self._looked_up(inner) for key, inner in value.items()}

    def _steps(self, steps: list[Json]) -> Iterator[Json]:
        apis: dict[str, str] = {}
        for written in steps:
            for step in _repeated(written):
                if "call" in step:
                    apis[label_of(step)] = step["call"]
                if "do" in step and step.get("on") in apis:
                    self._require((f"member:{apis[step['on']]}.{step['do']}",))
                yield self._placed(step)

    def _placed(self, step: Json) -> Json:
        """Return a step with its label, its global, and the name its API has there."""
        kind = kind_of(step)
        if kind in ("wait", "arrange"):
            return step
        if kind == "do":
            return step if "on" in step else {**step, "global": self._offered(step, "do")[0]}
        if kind == "intercept":
            return {**step, "global": self._offered({kind: interceptor_of(step)}, kind)[0]}
        step = {**step, "as": label_of(step)}
        if "on" in step:
            return step
        if isinstance(step[kind], list):
            # Nothing of it is needed: what is not there is what such a step asks for.
            return {**step, "global": self.abilities.main}
        name, api = self._offered(step, kind)
        return {**step, "global": name, kind: api}

    def _offered(self, step: Json, kind: str) -> tuple[str, str]:
        first, dot, rest = step[kind].partition(".")
        found = self.abilities.where(first, below=step.get("below", False))
        if found is None:
            raise _SkipError("lacks", f"api:{first}")
        return found[0], f"{found[1]}{dot}{rest}"

    def _holds(self, case: Case) -> Iterator[Hold]:
        """Yield the expectations that say something of this target."""
        for hold in case.holds:
            if hold.only and not self.who.among(hold.only):
                continue
            if not all(map(self.abilities.has, hold.needs)):
                continue
            try:
                told = {"of": hold.of, "path": hold.path, "checks": dict(hold.checks)}
                yield replace(
                    hold,
                    **cast("Json", self._looked_up(told)),
                    source=self._sourced(hold.source),
                )
            except _SilentError:
                continue

    def _sourced(self, source: object) -> object:
        try:
            return self._looked_up(source)
        except _SilentError:
            return None


def _repeated(step: Json) -> Iterator[Json]:
    """Yield a step as often as it says, each time under a name of its own."""
    if "times" not in step:
        yield step
        return
    rest = {key: value for key, value in step.items() if key != "times"}
    for number in range(1, step["times"] + 1):
        yield {**rest, "as": f"{label_of(step)}{number}"}
