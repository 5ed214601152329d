"""Which rules govern which part of a behaviour, as one table."""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Final

from bridge.comparison import keys, returning, sending
from bridge.comparison.ending import decided, said
from bridge.comparison.model import PROGRAM, Cause

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bridge.comparison.case import Case, Finder


@dataclass(frozen=True, slots=True)
class Governs:
    """
    The rules behind one place: names as in `Cause.rule`, and functions that look for them.

    Attributes:
        place: the path with dots, in which `*` stands for anything.
        value: what decides which value is there.
        presence: what decides whether there is one.
    """

    place: str
    value: tuple[str | Finder, ...] = ()
    presence: tuple[str | Finder, ...] = ()


def _program(case: Case) -> Iterator[Cause]:
    if case.branched:
        yield Cause(PROGRAM, "it saw something else", None)


_KEPT: Final = (keys.success_keys,)

GOVERNS: Final = (
    Governs("api", value=(returning.offered,)),
    Governs("outcome", value=(decided,)),
    # --- what `success` got
    Governs("success.statusCode", ("status_code", sending.answered), _KEPT),
    Governs("success.status", ("status_code", sending.answered), _KEPT),
    Governs("success.data*", ("{api}.option.dataType", "data_types", sending.answered), _KEPT),
    Governs("success.header*.names", ("header_case",)),
    Governs("success.header*.values.*", (sending.answered,), (sending.answered, "check_cors")),
    Governs("success.cookies", ("cookie_list",), _KEPT),
    Governs("success.profile.*", presence=(keys.timed,)),
    Governs("success.trace", ("trace_headers",), (*_KEPT, "trace_headers")),
    Governs("success.*Path*", (keys.own, sending.paths), _KEPT),
    Governs("success.tempFiles", (keys.own, sending.paths), _KEPT),
    Governs("success.*", ("device.info.{key}", keys.own, keys.made_success), _KEPT),
    # --- what `fail` got
    Governs("fail.trace", ("trace_headers",), (keys.fail_keys, "trace_headers")),
    Governs("fail.*", (said, keys.made_fail), (keys.fail_keys,)),
    # --- what else the program saw
    Governs("after_success.order", (returning.listeners,)),
    Governs("after_fail.order", (returning.listeners, decided)),
    Governs("after_*.complete", (keys.completed,), (keys.completed,)),
    Governs("after_*.complete.*", ("device.info.{key}", keys.own), (keys.completed,)),
    Governs("progress.*", ("progress_rounding",), ("progress_names",)),
    Governs("headers_received.gets", ("headers_event",)),
    Governs("headers_received.*names", ("header_case",), ("headers_event",)),
    Governs("headers_received.*", ("header_case",), ("headers_event", "headers_keys")),
    Governs("returned.*", (returning.returned,)),
    Governs("task.*", (returning.does,), (returning.member,)),
    Governs("limits.at_once", ("limit",)),
    Governs("limits.one_more", ("overflow",), ("limit",)),
    # --- what was understood and sent
    Governs("renamed", (sending.renamed,)),
    Governs("understood.url", (sending.option, sending.address, "query_lists", "query_nothing")),
    Governs("understood.*.*", (sending.inside,), (sending.inside,)),
    Governs("understood.*", (sending.option,), (sending.option,)),
    Governs("sent.method", ("{api}.option.method", "methods", "other_methods")),
    Governs("sent.url", (sending.address, "query_lists", "query_nothing")),
    Governs("sent.headers.*", (sending.header,), (sending.header,)),
    Governs("sent.body", ("default_type", "other_types")),
    Governs("sent.parts.*.filename", ("filename", sending.paths)),
    Governs("sent.parts.*.type", ("filename", sending.paths)),
    Governs("sent.parts*", ("{api}.option.files",), ("{api}.option.files",)),
    # --- what a logic file did
    Governs("did.*", (_program,), (_program,)),
    Governs("options*", (_program,), (_program,)),
    Governs("console.*", (_program,), (_program,)),
    Governs("ended", (_program,)),
)
"""Place by place; the first pattern that fits counts."""


def governing(path: tuple[str, ...]) -> Governs:
    """Return the rules behind a place within a call, none for a place that is not in the table."""
    place = ".".join(path)
    return next((one for one in GOVERNS if fnmatchcase(place, one.place)), Governs(place))
