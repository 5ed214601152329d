"""Which facts no case has proved: every sourced entry of the platforms that were played on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from bridge import registry
from bridge.facts import facts
from bridge.target import resolve

if TYPE_CHECKING:
    from collections.abc import Iterable

    from bridge.conformance.judge import Verdict
    from bridge.facts import Fact
    from bridge.profile import Layer, Profile
    from bridge.target import Target

_OF_LAYER: Final = "layer."


@dataclass(frozen=True, slots=True)
class Coverage:
    """
    What was proved.

    Attributes:
        facts: every fact of the platforms that were played on.
        without: those that no case has proved, in the same order.
    """

    facts: tuple[Fact, ...]
    without: tuple[Fact, ...]

    def to_json(self) -> dict[str, Any]:
        """Return the counts, and each fact without a case by host and entry."""
        listed = [{"host": fact.host, "entry": fact.entry} for fact in self.without]
        return {"facts": len(self.facts), "without_case": len(listed), "entries": listed}


def coverage(verdicts: Iterable[Verdict]) -> Coverage:
    """
    Return what cases that passed have proved.

    A fact counts for the host it was played on; one whose entry begins with `layer.` for the
    outermost layer.
    """
    listed = list(verdicts)
    targets = {name: resolve(name) for name in dict.fromkeys(each.target for each in listed)}
    proved = {
        (_owner(targets[verdict.target], entry), entry)
        for verdict in listed
        for entry in verdict.proved
    }
    known = [fact for platform in _platforms(targets.values()) for fact in facts(platform)]
    without = (fact for fact in known if (fact.host, fact.entry) not in proved)
    return Coverage(tuple(known), tuple(without))


def _owner(target: Target, entry: str) -> str:
    return (
        target.layers[0].name
        if entry.startswith(_OF_LAYER) and target.layers
        else target.profile.name
    )


def _platforms(targets: Iterable[Target]) -> list[Profile | Layer]:
    """Return the hosts and the outermost layers of targets, each once, as they are registered."""
    names = {
        name
        for each in targets
        for name in (each.profile.name, *(la.name for la in each.layers[:1]))
    }
    return [platform for platform in registry.everything() if platform.name in names]
