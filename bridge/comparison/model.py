"""What a comparison found: differences, the targets that share each value, and what causes it."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Final

from bridge.comparison.differing import ABSENT
from bridge.comparison.steady import Kind

if TYPE_CHECKING:
    from bridge.profile import Source

VERSION: Final = 1
PROGRAM: Final = "the program"
"""The rule behind what a logic file does in its own way, once it has seen something else."""


@dataclass(frozen=True, slots=True)
class Cause:
    """
    A rule that makes targets behave as they do.

    Attributes:
        rule: a profile field, `uploadFile.option.KEY`, `texts.REASON`, or `LAYER.FIELD`.
        says: what the rule is for these targets, in a few words.
        source: where that is written; None for what the comparison set, and for the program.
        targets: the targets it holds for.
        chosen: whether the comparison itself set it.
    """

    rule: str
    says: str
    source: Source | None
    targets: tuple[str, ...] = ()
    chosen: bool = False

    @property
    def known(self) -> bool:
        """Whether it says where the behaviour comes from."""
        return self.source is not None or self.chosen or self.rule == PROGRAM

    def to_json(self) -> dict[str, object]:
        """Return the cause as data."""
        source = None if self.source is None else asdict(self.source)
        return {
            "rule": self.rule,
            "says": self.says,
            "targets": list(self.targets),
            "chosen": self.chosen,
            "source": source,
        }


@dataclass(frozen=True, slots=True)
class Variant:
    """
    One of the values found at a place.

    Attributes:
        value: plain data; `Kind` for a value of which only the type counts, `ABSENT` for none.
        targets: the targets that have it.
        because: what causes it.
    """

    value: object
    targets: tuple[str, ...]
    because: tuple[Cause, ...]

    @property
    def explained(self) -> bool:
        """Whether a rule is known for each of the targets."""
        known = {name for cause in self.because if cause.known for name in cause.targets}
        return known >= set(self.targets)

    def to_json(self) -> dict[str, object]:
        """Return the variant as data; a mere type is `{"$type": NAME}`."""
        value = {"$type": self.value.name} if isinstance(self.value, Kind) else self.value
        present = self.value is not ABSENT
        return {
            "present": present,
            "value": value if present else None,
            "targets": list(self.targets),
            "because": [cause.to_json() for cause in self.because],
        }


@dataclass(frozen=True, slots=True)
class Difference:
    """
    One place where targets behave differently.

    Attributes:
        path: where, such as `("success", "statusCode")`.
        variants: the values found there, that of the first target first. Targets that have no such
            place, as one whose call failed has no `success`, are in none of them.
    """

    path: tuple[str, ...]
    variants: tuple[Variant, ...]

    @property
    def field(self) -> str:
        """The place as one name, such as `success.statusCode`."""
        return ".".join(self.path)

    @property
    def explained(self) -> bool:
        """Whether a rule is known for each target of each variant."""
        return all(variant.explained for variant in self.variants)

    def to_json(self) -> dict[str, object]:
        """Return the difference as data."""
        return {
            "field": self.field,
            "explained": self.explained,
            "variants": [variant.to_json() for variant in self.variants],
        }


@dataclass(frozen=True, slots=True)
class Findings:
    """
    What the same call came to on many targets.

    Attributes:
        call: what was compared, as data, secrets masked.
        targets: the targets in the order asked for.
        groups: the targets that do not differ at all, together.
        compared: how many places were compared.
        differences: the places that are not the same on all targets.
        notes: what else is to be known.
    """

    call: dict[str, object]
    targets: tuple[str, ...]
    groups: tuple[tuple[str, ...], ...]
    compared: int
    differences: tuple[Difference, ...]
    notes: tuple[str, ...] = ()

    def to_json(self) -> dict[str, object]:
        """Return the findings as data: see `docs/compare.md` for its shape."""
        return {
            "v": VERSION,
            "call": self.call,
            "targets": list(self.targets),
            "groups": [list(group) for group in self.groups],
            "compared": self.compared,
            "differences": [difference.to_json() for difference in self.differences],
            "notes": list(self.notes),
        }
