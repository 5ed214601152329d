"""`--set FIELD=VALUE`: another reading of a profile field, told in text."""

from __future__ import annotations

import re
from dataclasses import fields
from typing import TYPE_CHECKING

from bridge.cli.look import Mistake
from bridge.target import from_text, resolve

if TYPE_CHECKING:
    from collections.abc import Iterable

    from bridge.profile import Layer, Profile
    from bridge.target import Target

_TELLABLE = re.compile(r"(Literal\[[^]]*\]|int|str|bool|None| \| )+")


def overrides_for(name: str, given: Iterable[tuple[str, str]]) -> dict[str, object]:
    """
    Return the overrides of one target as its fields hold them.

    Raises:
        Mistake: a field that no one word can tell.
        BridgeError: an unknown target or field, or a value the field cannot take.
    """
    target = resolve(name)
    overrides = {field: _value(field, text, target) for field, text in given}
    resolve(name, overrides)
    return overrides


def _value(field: str, text: str, target: Target) -> object:
    platforms: tuple[Profile | Layer, ...] = (target.profile, *target.layers)
    for platform in platforms:
        for known in fields(platform):
            if known.name == field and not _TELLABLE.fullmatch(str(known.type)):
                message = f"--set {field}: its value is a {known.type}; set it from Python"
                raise Mistake(message)
    return from_text(field, text, target)
