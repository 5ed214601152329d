"""A conformance case as it is once its file has been read: plain data, rows and shorthands gone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

Json = dict[str, Any]

CHECKS: Final = (
    "is",
    "type",
    "keys",
    "matches",
    "absent",
    "order",
    "before",
    "count",
    "between",
    "rising",
    "every",
    "without",
    "same",
    "took",
    "file",
)
"""What a hold can ask, in the order in which it is judged."""
STEPS: Final = ("call", "get", "read", "do", "intercept", "wait", "arrange")
"""The kinds of step, each by the key that makes it one."""


@dataclass(frozen=True, slots=True)
class Hold:
    """
    One expectation.

    Attributes:
        that: the sentence that names it.
        of: which events or uploads are judged; in a scene a text, before that maybe a table.
        path: the place in them, empty for the whole; likewise.
        checks: what is asked, by check.
        source: where it comes from; may be a table by target.
        cites: the facts it proves.
        only: the targets it is about; all where there are none.
        needs: what a target must have for it.
    """

    that: str
    of: Any
    path: Any
    checks: Mapping[str, object]
    source: object
    cites: tuple[str, ...]
    only: tuple[str, ...]
    needs: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Case:
    """
    One case; values may still hold `$` references, tables by target among them.

    Attributes:
        id: its name; a row's is `id[row]`.
        title: what a host does, in a sentence.
        needs: what a target must have, or it is skipped.
        only: the targets it is about; all where there are none.
        given: what there is before the first step.
        steps: what the mini-program does.
        holds: what is expected.
        file: where it was read.
    """

    id: str
    title: str
    needs: tuple[str, ...]
    only: tuple[str, ...]
    given: Json
    steps: tuple[Json, ...]
    holds: tuple[Hold, ...]
    file: str = ""


def kind_of(step: Json) -> str:
    """Return the kind of a step."""
    return next(kind for kind in STEPS if kind in step)


def label_of(step: Json) -> str:
    """Return what the events of a `call`, `get` or `read` are called."""
    return str(step.get("as") or step[kind_of(step)].rpartition(".")[2])


def interceptor_of(step: Json) -> str:
    """Return the function of the global that an `intercept` step calls."""
    return "removeInterceptor" if "removes" in step else "addInterceptor"


def tokens(value: object, name: str) -> Iterator[object]:
    """Yield what stands behind each `{NAME: ...}` in a value, at any depth."""
    if isinstance(value, dict):
        if name in value:
            yield value[name]
        for inner in value.values():
            yield from tokens(inner, name)
    elif isinstance(value, (list, tuple)):
        for inner in value:
            yield from tokens(inner, name)
