"""What differs by chance, made the same: ids, times, counts of bytes, ports, boundaries."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

_CHANCE: Final = (
    (re.compile(r"(?<![\da-z])02\d{13}[\da-f]{32}[\da-z]{6}(?![\da-z])"), "<trace id>"),
    (re.compile(r"-{4}minibridge[\da-f]+"), "<boundary>"),
    (re.compile(r"[\da-f]{8}-[\da-f]{4}-[\da-f]{4}-[\da-f]{4}-[\da-f]{12}"), "<uuid>"),
    (re.compile(r"(?<![\da-f])[\da-f]{32}(?![\da-f])"), "<hex>"),
    (re.compile(r"(?<!\d)1\d{12}(?!\d)"), "<ms>"),
    (re.compile(r"[A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} \d{4} [\d:]{8} GMT"), "<date>"),
    (re.compile(r"Python/[\d.]+ aiohttp/[\d.]+"), "<the transport's own>"),
)
_KINDS: Final = {bool: "boolean", int: "number", float: "number", str: "string"}


@dataclass(frozen=True, slots=True)
class Kind:
    """A value of which only the type says anything, such as a time."""

    name: str


def kind(value: object) -> object:
    """Return the type of a plain value, anything else as it is."""
    name = _KINDS.get(type(value))
    return value if name is None else Kind(name)


def steady(value: object, known: Mapping[str, str]) -> object:
    """
    Return a value without what differs from run to run.

    Args:
        value: plain data, at any depth.
        known: texts that are this bridge's own, such as a virtual path, and what stands for them.
    """
    if isinstance(value, dict):
        return {key: steady(inner, known) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [steady(inner, known) for inner in value]
    return steady_text(value, known) if isinstance(value, str) else value


def steady_text(text: str, known: Mapping[str, str]) -> str:
    """Return a text without what differs from run to run."""
    for own, shown in known.items():
        text = text.replace(own, shown)
    for pattern, shown in _CHANCE:
        text = pattern.sub(shown, text)
    return text
