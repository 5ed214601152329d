"""A plan: what is swept, and the product of it, scenario by scenario without being unfolded."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

from bridge.comparison.given import Call
from bridge.conformance.case import Case
from bridge.sweep.carried import content, packed
from bridge.sweep.scenario import Scenario

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bridge.sweep.scenario import Condition, How, Item


@dataclass(frozen=True)
class Plan:
    """
    What is swept; its scenarios are numbered from 0, seeds changing fastest.

    Attributes:
        targets: addresses, versions included.
        conditions: the networks that are met.
        seeds: the seeds of the bridges.
        items: what is played.
        how: how it is played.
    """

    targets: tuple[str, ...]
    conditions: tuple[Condition, ...]
    seeds: Sequence[int]
    items: tuple[Item, ...]
    how: How

    def __len__(self) -> int:
        """Return the number of scenarios."""
        return len(self.items) * len(self.targets) * len(self.conditions) * len(self.seeds)

    def scenario(self, number: int) -> Scenario:
        """Return one scenario."""
        rest, seed = divmod(number, len(self.seeds))
        rest, condition = divmod(rest, len(self.conditions))
        item, target = divmod(rest, len(self.targets))
        return Scenario(
            number=number,
            target=self.targets[target],
            condition=self.conditions[condition],
            seed=self.seeds[seed],
            item=self.items[item],
            how=self.how,
        )

    @cached_property
    def digest(self) -> str:
        """What tells this plan from another: a hash of all that decides what is recorded."""
        told = {
            "targets": self.targets,
            "conditions": [[one.name, one.text] for one in self.conditions],
            "seeds": list(self.seeds) if not isinstance(self.seeds, range) else repr(self.seeds),
            "items": [[item.name, _content(item)] for item in self.items],
            "how": asdict(self.how),
        }
        return _hash(json.dumps(told, sort_keys=True, default=_known).encode())

    def carried(self) -> Plan:
        """Return the plan for other machines, files and all; raises `BridgeError` as `packed`."""
        return replace(self, items=tuple(map(packed, self.items)))


def _content(item: Item) -> object:
    if isinstance(item.what, Case):
        return asdict(item.what) | {"file": ""}
    if isinstance(item.what, Call):
        return {"api": item.what.api, "options": item.what.options}
    return item.what.file


def _known(value: object) -> object:
    """Return what stands for a value that JSON lacks: the hash of a file or of bytes, a `repr`."""
    if isinstance(value, Path):
        return _hash(content(value))
    return _hash(value) if isinstance(value, bytes) else repr(value)


def _hash(content: bytes) -> str:
    return sha256(content).hexdigest()
