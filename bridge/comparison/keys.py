"""What a callback got: why a key is there or not, and what made its value."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Final, cast

from bridge.comparison.ending import of_the_phone, phones_own, said

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bridge.comparison.case import Case, Finder
    from bridge.comparison.model import Cause
    from bridge.profile import Layer


def _keys(kind: str, case: Case) -> Iterator[Cause]:
    """Say why a key is there or not: the host's list, a version, a layer, an option, a text."""
    listed = case.key in _listed(kind, case)
    lacking = list(case.hidden(kind)) if listed and not case.present else []
    if lacking:
        yield from lacking
    elif case.present == listed:
        yield from own(case) if kind == "success" and is_own(case) else case.rule(kind)
        yield from _naming(case) if kind == "fail" else ()
    elif case.key == "profile" and listed:
        yield from case.rule("{api}.option.enableProfile")
    else:
        yield from _rewritten(case)
        yield from said(case) if kind == "fail" else ()
        yield from case.rule("answered")


def _listed(kind: str, case: Case) -> tuple[str, ...]:
    """Return the keys that the host itself hands out."""
    if kind == "fail" or not is_own(case):
        return cast("tuple[str, ...]", getattr(case.profile, kind))
    picker = case.profile.pickers.get(case.api)
    return phones_own(case).result if picker is None else picker.result


def _naming(case: Case) -> Iterator[Cause]:
    """Name the rule that gives a key of a failure its name, and the number where it is that."""
    if case.key == case.profile.message_key:
        yield from case.rule("message_key")
    if case.key == case.profile.code_key:
        yield from case.rule("code_key")
        yield from said(case)


def _made(kind: str, case: Case) -> Iterator[Cause]:
    """Name the layer that made a value where the host itself has no such key."""
    if case.key not in _listed(kind, case):
        yield from _rewritten(case)


def _rewritten(case: Case) -> Iterator[Cause]:
    namespace = case.profile.namespace
    for found in case.layers("results", lambda layer: namespace in layer.results):
        yield replace(found, says=f"rewrites what {namespace} answers")


def is_own(case: Case) -> bool:
    """Tell whether an API answers from the phone alone: a picker, or one like `getStorage`."""
    return case.api in case.profile.pickers or of_the_phone(case)


def own(case: Case) -> Iterator[Cause]:
    """Yield what a picker or an API of the phone answers, and which layer hands it on."""
    yield from case.rule("pickers.{api}")
    yield from case.rule("device.{api}")
    yield from case.layers("device", lambda layer: _hands_on(layer, case))


def _hands_on(layer: Layer, case: Case) -> bool:
    return case.api in layer.device.get(case.profile.namespace, {})


def timed(case: Case) -> Iterator[Cause]:
    """Say why `profile` has a field, or lacks it."""
    yield from list(case.hidden("profile")) or case.rule("profile_fields")


def completed(case: Case) -> Iterator[Cause]:
    """Name the layer that hands `complete` the host's own result, and what it does to others."""
    namespace, field = case.profile.namespace, "device" if is_own(case) else "results"
    for layer in case.target.layers:
        if layer.complete_gets == "raw":
            yield from case.layer(layer, "complete_gets")
            does = "rewrites" if namespace in getattr(layer, field) else "leaves"
            for found in case.layer(layer, field):
                yield replace(found, says=f"{does} what {namespace} answers")


success_keys: Final[Finder] = partial(_keys, "success")
fail_keys: Final[Finder] = partial(_keys, "fail")
made_success: Final[Finder] = partial(_made, "success")
made_fail: Final[Finder] = partial(_made, "fail")
