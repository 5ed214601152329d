"""What is said of a comparison, whatever it is shown on."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

from bridge.comparison.differing import ABSENT
from bridge.comparison.steady import Kind
from bridge.comparison.tree import Word
from bridge.look import shortened

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Iterable, Iterator, Sequence

    from bridge.comparison.model import Cause, Difference, Findings, Variant
    from bridge.profile import Source

UNEXPLAINED: Final = "no rule is known for this"
_FEW: Final = 4
_LONGEST: Final = 300
_LEGEND: Final = (
    "*/wx is wx alone and under each layer compared, uni/* each host compared under uni"
)
_OPTION: Final = re.compile(r"\w+\.option\.(.+)")


@dataclass(slots=True)
class Sources:
    """The sources that are cited, numbered in the order of their first mention."""

    numbers: dict[Source, int] = field(default_factory=dict)

    def because(self, causes: Iterable[Cause], value: object, keys: Container[str]) -> str:
        """
        Return causes in a line, each with the number of its source, `?` for an inference.

        Args:
            causes: the causes.
            value: what they cause; a rule that only repeats it is named and no more.
            keys: the options they are told for, which need not be named again.
        """
        return ", ".join(self._one(cause, value, keys) for cause in causes)

    def _one(self, cause: Cause, value: object, keys: Container[str]) -> str:
        said = "" if _echoes(cause.says, value) else f": {cause.says}"
        found = _OPTION.match(cause.rule)
        if found is None:
            return f"{cause.rule}{said}{self._mark(cause)}"
        option = "option" if found[1] in keys else f"option {found[1]}"
        return f"{option}{said}{self._mark(cause)}"

    def _mark(self, cause: Cause) -> str:
        if cause.source is None:
            return " [set here]" if cause.chosen else ""
        number = self.numbers.setdefault(cause.source, len(self.numbers) + 1)
        return f" [{number}{'?' * (cause.source.status == 'inferred')}]"


def _echoes(says: str, value: object) -> bool:
    """Tell whether a rule only repeats the value it causes, cut short or with a number behind."""
    if not isinstance(value, str) or not value:
        return False
    cut = says.removesuffix("...")
    return value == says or says.startswith(f"{value} (") or (cut != says and value.startswith(cut))


@dataclass(frozen=True, slots=True)
class Told:
    """Differences that are told as one: siblings that are alike in all but their names."""

    keys: tuple[str, ...]
    difference: Difference

    @property
    def label(self) -> str:
        """The names, such as `parts.file.filename`, without the part they stand in."""
        between = self.difference.path[1:-1]
        return ".".join((*between, ", ".join(self.keys))) if self.keys else ""


def gathered(differences: Iterable[Difference]) -> dict[str, list[Told]]:
    """Return the differences by the part of the behaviour they stand in, siblings together."""
    parts: dict[str, dict[object, Told]] = {}
    for difference in differences:
        alike = parts.setdefault(difference.path[0], {})
        key = _likeness(difference)
        known = alike.get(key, Told((), difference))
        alike[key] = replace(known, keys=(*known.keys, *difference.path[1:][-1:]))
    return {part: list(alike.values()) for part, alike in parts.items()}


def _likeness(difference: Difference) -> object:
    """Return all of a difference but the name of its place, which its rules may end in as well."""
    own = difference.path[-1]
    variants = [
        (
            told(variant.value),
            variant.targets,
            [(cause.rule.removesuffix(own), cause.says, cause.source) for cause in variant.because],
        )
        for variant in difference.variants
    ]
    return difference.path[:-1], repr(variants)


def told(value: object) -> str:
    """Return a value as a mini-program's console shows it, a list of names without brackets."""
    if value is ABSENT:
        return "absent"
    if isinstance(value, Kind):
        return f"({value.name})"
    if isinstance(value, Word):
        return value
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        return ", ".join(value) or "none"
    return shortened(json.dumps(value, ensure_ascii=False, default=repr), _LONGEST)


def brief(targets: Sequence[str], everything: Sequence[str]) -> list[str]:
    """Return names in short: `*/wx` for all on wx, `uni/*` for all under uni, where it is many."""
    if len(everything) <= _FEW:
        return list(targets)
    host, layer = (_host, "*/{}"), (_layer, "{}/*")
    ways = (_covered(targets, everything, order) for order in ((host, layer), (layer, host)))
    return min(ways, key=len)


def _host(target: str) -> str:
    return target.rpartition("/")[2]


def _layer(target: str) -> str:
    return target.rpartition("/")[0]


def _covered(
    targets: Sequence[str],
    everything: Sequence[str],
    order: Iterable[tuple[Callable[[str], str], str]],
) -> list[str]:
    left, found = list(targets), []
    for group_of, form in order:
        for group in dict.fromkeys(group for group in map(group_of, left) if group):
            members = {name for name in everything if group_of(name) == group}
            if members <= set(targets) and len(members & set(left)) > 1:
                found.append(form.format(group))
                left = [name for name in left if name not in members]
    return [*found, *left]


def shared(variant: Variant) -> list[tuple[tuple[str, ...], tuple[Cause, ...]]]:
    """Part a variant's targets by what causes it for them."""
    found: dict[tuple[Cause, ...], list[str]] = {}
    for name in variant.targets:
        causes = tuple(cause for cause in variant.because if name in cause.targets)
        found.setdefault(causes, []).append(name)
    return [(tuple(names), causes) for causes, names in found.items()]


def headline(comparison: Findings) -> str:
    """Return what was compared, and how much of it differs."""
    call, names, count = comparison.call, comparison.targets, len(comparison.differences)
    where = ", ".join(names) if len(names) <= _FEW else f"{len(names)} targets"
    differ = f"{count} of {comparison.compared} things differ" if count else "no difference"
    open_ = sum(not one.explained for one in comparison.differences)
    unknown = f", {open_} of them for no known rule" if open_ else ""
    return f"{call.get('api') or call['file']} on {where}: {differ}{unknown}"


def remarks(comparison: Findings) -> list[str]:
    """Return what else is to be said before the differences."""
    alike = [" = ".join(group) for group in comparison.groups if len(group) > 1]
    told_ = [f"Alike in everything: {'; '.join(alike)}"] if alike and comparison.differences else []
    legend = [_LEGEND] if any(_in_short(comparison)) else []
    return [*told_, *legend, *comparison.notes]


def _in_short(comparison: Findings) -> Iterator[bool]:
    """Yield for each name that is shown whether it stands for many."""
    for difference in comparison.differences:
        for variant in difference.variants:
            for names, _ in shared(variant):
                yield from ("*" in name for name in brief(names, comparison.targets))


@dataclass(frozen=True, slots=True)
class Line:
    """
    One line of the table.

    Attributes:
        value: the value, empty where it is that of the line before.
        targets: some of those that have it, in short.
        because: why they have it.
        absent: whether it stands for nothing.
    """

    value: str
    targets: list[str]
    because: str
    absent: bool


def lines(one: Told, everything: Sequence[str], sources: Sources) -> Iterator[Line]:
    """Yield the lines of one difference: each value, by what causes it."""
    for variant in one.difference.variants:
        value = told(variant.value)
        absent = variant.value is ABSENT
        for names, causes in shared(variant):
            because = sources.because(causes, variant.value, one.keys) or UNEXPLAINED
            yield Line(value, brief(names, everything), because, absent)
            value = ""
