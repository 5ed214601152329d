"""One scenario of a sweep: all that a worker anywhere needs to play it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from bridge.comparison.given import Call
    from bridge.conformance.case import Case

Json = dict[str, object]


@dataclass(frozen=True, slots=True)
class Condition:
    """
    A network condition under the name it has in the results.

    Attributes:
        name: the name.
        text: the condition, as `bridge.sweep.condition.apply` takes it.
    """

    name: str
    text: str


@dataclass(frozen=True, slots=True)
class Script:
    """A logic file, and the folder of the code package it belongs to."""

    file: Path
    root: Path


@dataclass(frozen=True, slots=True)
class Item:
    """
    What is played, and what it is called in the results.

    Attributes:
        name: the id of a case, or the file as the plan names it.
        what: the case, the call or the logic file itself.
        files: path -> content of all files it needs, for workers on other machines; None for those
            that can read them where they are.
    """

    name: str
    what: Case | Call | Script
    files: Mapping[Path, bytes] | None = None


@dataclass(frozen=True, slots=True)
class How:
    """
    How every scenario of a plan is played.

    Attributes:
        case_engine: what plays cases: `python`, `node` or `quickjs`.
        script_engine: what runs logic files: `node` or `quickjs`; empty where there are none.
        transport: what carries calls: `sockets`, or `memory` in virtual time.
        deadline: seconds one scenario may take.
        at_once: scenarios that one worker plays at the same time.
        routes: origins that the embedded server answers for.
    """

    case_engine: str = "python"
    script_engine: str = ""
    transport: str = "sockets"
    deadline: float = 120.0
    at_once: int = 1
    routes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Scenario:
    """
    One point of the product.

    Attributes:
        number: its place in the product, from 0.
        target: the address, version included.
        condition: the network it meets.
        seed: the seed of its bridge.
        item: what is played.
        how: how it is played.
    """

    number: int
    target: str
    condition: Condition
    seed: int
    item: Item
    how: How


@dataclass(frozen=True, slots=True)
class Result:
    """
    What one scenario came to.

    Attributes:
        outcome: `passed`, `failed`, `skipped` (the target lacks what is played) or `crashed`.
        reason: why it did not pass, in a few words that are the same for the same cause.
        ms: milliseconds it took on the clock of its host; None where nothing was played.
        detail: what else is recorded.
    """

    outcome: str
    reason: str = ""
    ms: float | None = None
    detail: Json | None = None

    def record(self, scenario: Scenario) -> Json:
        """Return the line of the results file; the same on whichever worker, but for `ms`."""
        record: Json = {
            "n": scenario.number,
            "target": scenario.target,
            "condition": scenario.condition.name,
            "seed": scenario.seed,
            "scenario": scenario.item.name,
            "outcome": self.outcome,
            "ms": None if self.ms is None else round(self.ms, 3),
        }
        more = {"reason": self.reason, "detail": self.detail}
        return record | {key: value for key, value in more.items() if value}
