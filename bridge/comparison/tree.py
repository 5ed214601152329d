"""What one target did with a call, as a tree of plain values in which nothing is left to chance."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, cast

from bridge.comparison.steady import Kind, kind, steady
from bridge.logic.python import HostPromise, HostTask, members
from bridge.masking import masked
from bridge.reasons import Reason
from bridge.values import to_json

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from bridge.profile import Profile
    from bridge.protocol import ApiDescription
    from bridge.trace import Record

    Json = dict[str, Any]

_HEADERS: Final = ("header", "headers")
_RENAMING: Final = ("rename", "option_aliases")
_MEMBERS: Final = {"call": "works", "noop": "does nothing"}


class Word(str):
    """A word of ours for what was seen, where a plain text is what the host said."""

    __slots__ = ()


class Section(dict[str, object]):
    """A part that is compared only among the targets that have it."""


_ORDER: Final = (
    "api",
    "did",
    "call",
    "outcome",
    "success",
    "fail",
    "after_success",
    "after_fail",
    "progress",
    "headers_received",
    "returned",
    "task",
    "limits",
    "renamed",
    "understood",
    "sent",
    "console",
    "ended",
)
"""The parts of a tree: what the program sees first, what leaves the machine last."""


def rank(path: tuple[str, ...]) -> list[int]:
    """Return what sorts places by the usual order of their parts: call by call, then within it."""
    head, *number = path[0].split()[:2]
    inner = _ORDER.index(path[1]) if number and path[1] in _ORDER else 0
    return [_ORDER.index(head), *map(int, number), inner]


def of_record(record: Record, known: Mapping[str, str]) -> dict[str, object]:
    """
    Return what one call came to, was understood as, and sent.

    Args:
        record: its record.
        known: texts of this very bridge, and what stands for them.
    """
    whole = cast("Json", steady(record.to_json(), known))
    renamed = [one["effect"] for one in whole["decisions"] if one["rule"] in _RENAMING]
    tree: dict[str, object] = {
        "outcome": _outcome(whole),
        ended(record): Section(_result(whole["outcome"]["result"])),
        "renamed": [Word(effect) for effect in renamed],
    }
    # A host that refuses the options reads no further.
    if record.reason is not Reason.BAD_PARAMETER:
        tree["understood"] = Section(whole["understood"])
    if whole["request"] is not None:
        tree["sent"] = Section(_sent(whole["request"]))
    return tree


def ended(record: Record) -> str:
    """Return the callback that told of the end."""
    return "success" if record.ok else "fail"


def _outcome(whole: Json) -> Word:
    if whole["outcome"]["ok"]:
        return Word("success")
    sent = "" if whole["request"] else ", nothing sent"
    return Word(f"fail: {whole['outcome']['reason']}{sent}")


def _result(result: Json) -> Json:
    return {key: _member(key, value) for key, value in result.items()}


def _member(key: str, value: object) -> object:
    """Return one key of a result: of headers the spelling apart, of timings only the types."""
    if key in _HEADERS and isinstance(value, dict):
        return _header_map(value)
    if key == "profile" and isinstance(value, dict):
        return {name: kind(inner) for name, inner in value.items()}
    return value


def _header_map(headers: Mapping[str, object]) -> Json:
    return {"names": list(headers), "values": {k.lower(): v for k, v in headers.items()}}


def _sent(request: Json) -> Json:
    sent = {
        "method": request["method"],
        "url": request["url"],
        "headers": {name.lower(): _sent_header(name, value) for name, value in request["headers"]},
    }
    if request["parts"]:
        return {**sent, "parts": _parts(request["parts"])}
    return {**sent, "body": request["preview"]}


def _sent_header(name: str, value: object) -> object:
    # It counts the boundary and the file's path, which have rows of their own.
    return Kind("number") if name.lower() == "content-length" else value


def _parts(parts: list[Json]) -> Json:
    found: Json = {"order": [part["name"] for part in parts]}
    for part in parts:
        told = {key: part[key] for key in ("filename", "type", "size")}
        if part["filename"] is None:
            told["text"] = part["preview"]
        found[_free(part["name"], found)] = told
    return found


def _free(name: str, taken: Mapping[str, object]) -> str:
    numbered = (name if at == 1 else f"{name} ({at})" for at in range(1, len(taken) + 2))
    return next(one for one in numbered if one not in taken)


def of_callbacks(
    record: Record, heard: Iterable[tuple[str, object]], known: Mapping[str, str]
) -> dict[str, object]:
    """Return what the mini-program's callbacks and listeners heard, in which order."""
    listed = [(name, steady(to_json(masked(payload)), known)) for name, payload in heard]
    last = dict(listed)
    end = ended(record)
    same = last.get("complete") == last.get(end)
    after: Json = {
        "order": _collapsed([Word(name) for name, _ in listed]),
        "complete": Word(f"gets what {end} got") if same else last.get("complete"),
    }
    tree: dict[str, object] = {f"after_{end}": Section(after)}
    if "onProgressUpdate" in last:
        tree["progress"] = Section(_progress(cast("Json", last["onProgressUpdate"])))
    if "onHeadersReceived" in last:
        tree["headers_received"] = Section(_headers(cast("Json", last["onHeadersReceived"])))
    return tree


def _collapsed(names: list[Word]) -> list[Word]:
    """Keep one of a run: how many progress events there are is up to the network."""
    return [name for at, name in enumerate(names) if not at or names[at - 1] != name]


def _progress(payload: Json) -> Json:
    return {key: value if key == "progress" else kind(value) for key, value in payload.items()}


def _headers(payload: Json) -> Json:
    if any(isinstance(payload.get(key), dict) for key in _HEADERS):
        return {"gets": Word("an object"), **_result(payload)}
    return {"gets": Word("the headers themselves"), **_header_map(payload)}


def of_return(returned: object, api: ApiDescription) -> dict[str, object]:
    """Return what the call handed back at once, and what that can do."""
    inner = getattr(returned, "__returned", None)
    task = returned if inner is None else inner
    names = [] if task is None else members(task)
    kind_of = _kind_of(returned)
    bare = Word("promise") if api.promise == "without callbacks" else kind_of
    tree: dict[str, object] = {"returned": {"with_callbacks": kind_of, "without_callbacks": bare}}
    if names or isinstance(task, HostPromise):
        tree["task"] = Section({name: _how(api.members[name]) for name in names})
    return tree


def of_limits(profile: Profile) -> dict[str, object]:
    """Return how many such calls run at once, and what becomes of one more."""
    if profile.limit is None:
        return {"limits": Section({"at_once": Word("any number")})}
    one_more = Word("waits" if profile.overflow == "queue" else "is refused")
    return {"limits": Section({"at_once": profile.limit, "one_more": one_more})}


def _kind_of(returned: object) -> Word:
    if returned is None:
        return Word("undefined")
    if isinstance(returned, HostTask):
        return Word("task")
    inner = getattr(returned, "__returned", None)
    if inner is not None:
        return Word(f"promise, {_kind_of(inner)} in __returned")
    return Word("promise and task" if members(returned) else "promise")


def _how(member: str) -> Word:
    return Word(_MEMBERS.get(member) or f"throws {member.removeprefix('throw:')}")
