"""What a target declares that its calls may come to."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from bridge import Reason, layers, outcome
from bridge.target import resolve

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from bridge.target import Target

_BLANK = "(blank)"
_ANYTHING = re.escape(_BLANK)


class _Blanks(dict[str, object]):
    def __missing__(self, _: str) -> str:
        return _BLANK


def declares(
    name: str, api: str, result: Mapping[str, object], reasons: Iterable[Reason] = Reason
) -> bool:
    """
    Tell whether a fail object is one that a target has for one of the reasons.

    It is when it equals what the host's text for the reason and its number come to on this target,
    with anything where the text has a blank.
    """
    target = resolve(name)
    return any(_matches(_declared(target, api, reason), result) for reason in reasons)


def _declared(target: Target, api: str, reason: Reason) -> Mapping[str, object]:
    seen = target.requesting if api == layers.REQUEST else target
    assert seen is not None
    text = outcome.text_for(seen.profile, reason)
    message = text.message.format_map(_Blanks())
    own = outcome.fail_object(seen, message, text.code, _BLANK, api)
    chain = layers.chain(target, layers.main_namespace(target))
    return layers.up(chain, seen.profile, api, own)


def _matches(declared: Mapping[str, object], result: Mapping[str, object]) -> bool:
    return declared.keys() == result.keys() and all(
        _fits(declared[key], result[key]) for key in result
    )


def _fits(declared: object, found: object) -> bool:
    if not isinstance(declared, str) or not isinstance(found, str):
        return declared == found
    return bool(re.fullmatch(re.escape(declared).replace(_ANYTHING, ".*"), found, re.DOTALL))
