"""
What causes each value of a difference.

The rules that govern a place are looked up for each target on its own. One that decided on some
targets is also cited for the others, with what it says there: that Feishu's page has no `fileType`
is why Feishu did not ask for one. A rule that says the same for every value explains nothing.
"""

from __future__ import annotations

from dataclasses import fields, replace
from typing import TYPE_CHECKING, Final

from bridge.comparison.differing import ABSENT, split
from bridge.comparison.governing import governing
from bridge.comparison.model import PROGRAM, Cause, Difference, Variant
from bridge.profile import Profile, RequestProfile

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from bridge.comparison.case import Case, Finder

    Causes = dict[str, list[Cause]]

_BY_VERSION: Final = {"since", "until", "older"}
_FIELDS: Final = frozenset(
    {field.name for field in fields(Profile)} - _BY_VERSION
    | {f"request.{field.name}" for field in fields(RequestProfile)}
)
"""The rules that every host has a word on, but for those that speak of one key at a time."""
_COMMON: Final = ("pickers.", "device.")
"""How further ones begin."""


def explained(path: tuple[str, ...], cases: Mapping[str, Case]) -> Difference:
    """
    Return a difference with what causes each of its values.

    Args:
        path: the place in the comparison.
        cases: the targets, each with what it has there.
    """
    parts = split({name: case.value for name, case in cases.items()})
    values = [value for value, _ in parts]
    found = {name: list(_own(case, values)) for name, case in cases.items()}
    _level(cases, found)
    _prune(found, [names for _, names in parts])
    _contrast(cases, found)
    variants = (
        Variant(value, tuple(names), _merged({name: found[name] for name in names}))
        for value, names in parts
    )
    return Difference(path, tuple(variants))


def _own(case: Case, values: list[object]) -> Iterator[Cause]:
    """Yield the causes that a target has by itself: of a presence, of a value, or of both."""
    rules, present = governing(case.path), [value for value in values if value is not ABSENT]
    if len(present) < len(values):
        yield from _looked_up(rules.presence, case)
    if len(present) > 1 and case.present:
        yield from _looked_up(rules.value, case)


def _looked_up(rules: Iterable[str | Finder], case: Case) -> Iterator[Cause]:
    for rule in rules:
        yield from case.rule(rule) if isinstance(rule, str) else rule(case)


def _level(cases: Mapping[str, Case], found: Causes) -> None:
    """Cite for each target what every host has a word on, once one of them is decided by it."""
    names = dict.fromkeys(cause.rule for causes in found.values() for cause in causes)
    common = [name for name in names if _is_common(name)]
    for target, case in cases.items():
        own = {cause.rule for cause in found[target]}
        found[target] += [c for name in common if name not in own for c in case.rule(name)]


def _is_common(name: str) -> bool:
    return name in _FIELDS or ".option." in name or name.startswith(_COMMON)


def _prune(found: Causes, parts: list[list[str]]) -> None:
    """Leave out the rules that say the same for every value, but where they are all there is."""
    said = [
        {_said(cause) for name in names for cause in found[name] if cause.rule != PROGRAM}
        for names in parts
    ]
    idle = set.intersection(*said)
    telling = set.union(*said) - idle
    for name, causes in found.items():
        kept = [cause for cause in causes if _said(cause) not in idle]
        found[name] = kept or (causes if telling else [])


def _said(cause: Cause) -> tuple[str, str]:
    return cause.rule, cause.says


def _contrast(cases: Mapping[str, Case], found: Causes) -> None:
    """Say for a target without a cause that the layer which makes the difference is not there."""
    layers = {layer.name for case in cases.values() for layer in case.target.layers}
    cited = {cause.rule: cause for causes in found.values() for cause in causes}
    of_layers = [
        (name.partition(".")[0], cause)
        for name, cause in cited.items()
        if name.partition(".")[0] in layers
    ]
    for target, case in cases.items():
        own = {layer.name for layer in case.target.layers}
        foreign = [(layer, cause) for layer, cause in of_layers if layer not in own]
        without = [replace(cause, says=f"no {layer} here") for layer, cause in foreign]
        found[target] = found[target] or without


def _merged(found: Causes) -> tuple[Cause, ...]:
    """Return each cause once, with all the targets it holds for."""
    targets: dict[Cause, list[str]] = {}
    for name, causes in found.items():
        for cause in dict.fromkeys(causes):
            targets.setdefault(cause, []).append(name)
    return tuple(replace(cause, targets=tuple(names)) for cause, names in targets.items())
