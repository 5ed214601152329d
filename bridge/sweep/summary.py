"""The summary of a results file: how often it went well, how long it took, why it failed."""

from __future__ import annotations

from array import array
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from bridge.sweep.plan import Plan

PERCENTILES: Final = (50, 90, 99)
OUTCOMES: Final = ("passed", "failed", "crashed", "skipped")


@dataclass(slots=True)
class Group:
    """
    What came of one target under one condition.

    Attributes:
        target: the address.
        condition: the name of the condition.
        outcomes: how many scenarios had each outcome.
        reasons: how many failed for each reason, crashes included.
        ms: the milliseconds that each one took, in no order.
    """

    target: str
    condition: str
    outcomes: Counter[str] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)
    ms: array[float] = field(default_factory=lambda: array("d"))

    def add(self, record: Mapping[str, Any]) -> None:
        """Count one record."""
        outcome = record["outcome"]
        self.outcomes[outcome] += 1
        if outcome in ("failed", "crashed"):
            self.reasons[record["reason"]] += 1
        if record["ms"] is not None:
            self.ms.append(record["ms"])

    @property
    def played(self) -> int:
        """How many were not skipped."""
        return self.outcomes.total() - self.outcomes["skipped"]

    @property
    def rate(self) -> float | None:
        """The share of the played ones that passed, from 0 to 1; None where none was played."""
        return self.outcomes["passed"] / self.played if self.played else None

    def percentiles(self) -> dict[int, float]:
        """Return the milliseconds within which so many in a hundred were done (nearest rank)."""
        ordered = sorted(self.ms)
        return {n: ordered[-(-len(ordered) * n // 100) - 1] for n in PERCENTILES if ordered}

    def to_json(self) -> dict[str, object]:
        """Return the group as data."""
        return {
            "target": self.target,
            "condition": self.condition,
            **{outcome: self.outcomes[outcome] for outcome in OUTCOMES},
            "rate": None if self.rate is None else round(self.rate, 6),
            "ms": {f"p{n}": ms for n, ms in self.percentiles().items()},
            "reasons": dict(self.reasons.most_common()),
        }


def summed(plan: Plan, records: Iterable[Mapping[str, Any]]) -> list[Group]:
    """Return a group for each target and condition of a plan, in its order."""
    names = [(target, one.name) for target in plan.targets for one in plan.conditions]
    groups = {name: Group(*name) for name in names}
    for record in records:
        groups[record["target"], record["condition"]].add(record)
    return list(groups.values())
