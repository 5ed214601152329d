"""Reply or Failure -> the object the mini-program sees; the one place where results are shaped."""

from __future__ import annotations

from functools import cached_property
from operator import attrgetter
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

from bridge.charsets import known_charset
from bridge.profile import Never, Text
from bridge.reasons import Reason
from bridge.timings import NOT_EMULATED, TLS_FIELDS, Layout
from bridge.values import Flat, Shallow

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from bridge.failure import Failure
    from bridge.profile import Options, Profile, Result
    from bridge.target import Target
    from bridge.timings import Moments
    from bridge.transport import Headers, Measures, Reply

_BOM = "\ufeff"
_ESTIMATE = "profile.estimate_nettype"
_FULL = 100
_NESTED = frozenset({"header", "headers", "cookies", "profile"})
"""The keys under which a host hands on an object or an array of its own making."""


class _Blanks(dict[str, object]):
    """A failure's detail, with nothing where the host's text asks for more than is known."""

    def __missing__(self, key: str) -> str:
        return ""


class Answer(NamedTuple):
    """
    What the host got, to be handed on in its own shape.

    Attributes:
        reply: the answer.
        moments: when things happened.
        trace_id: the call's id, for hosts that hand it out.
        own: `data` and `cookies` where the API makes its own of them.
    """

    reply: Reply
    moments: Moments
    trace_id: str
    own: Mapping[str, object] = MappingProxyType({})


class Shape:
    """
    What an API of a target hands on, worked out once for all its calls.

    Args:
        target: the environment, as this API sees it.
        api: the API.
    """

    def __init__(self, target: Target, api: str) -> None:
        self._target = target
        self._api = api
        self._keys = target.success_keys
        self._nested = _NESTED.intersection(self._keys)
        self._without_profile = tuple(key for key in self._keys if key != "profile")
        fields = target.profile_fields
        self._holes = tuple(f"profile.{n}" for n in fields if n in NOT_EMULATED)
        self._plain_holes = tuple(
            f"profile.{n}" for n in fields if n in NOT_EMULATED or n in TLS_FIELDS
        )

    @cached_property
    def _shown(self) -> dict[str, Callable[[Answer], object]]:
        """A key that some host gives its answers -> what stands under it."""
        return _shown(self._target, self._api)

    def success(self, answer: Answer, values: Options) -> Result:
        """Return the success object of an answered call; `values` are the understood options."""
        whole = values.get("enableProfile") is not False
        found = self.shown(answer, self._keys if whole else self._without_profile)
        if answer.own:
            return found
        return Shallow(found, self._nested if whole else self._nested - {"profile"})

    def shown(self, answer: Answer, keys: Iterable[str]) -> Result:
        """Return an answer under some of the keys that hosts give it."""
        shown = self._shown
        return {key: shown[key](answer) for key in keys}

    def not_emulated(self, result: Result, measures: Measures, *, plain: bool) -> tuple[str, ...]:
        """
        Return the `profile` fields of a result that hold a placeholder, for the record.

        Args:
            result: the success object.
            measures: what it was made of; a condition of the network may fill a field.
            plain: whether an https address was dialled without TLS, which leaves no TLS times.
        """
        if "profile" not in result:
            return ()
        holes = self._plain_holes if plain else self._holes
        return tuple(hole for hole in holes if hole != _ESTIMATE) if measures.estimate else holes


def shape(target: Target, api: str) -> Shape:
    """Return the shape of an API's results on a target."""
    shapes = target.once(_shapes)
    if api not in shapes:
        shapes[api] = Shape(target, api)
    return shapes[api]


def _shapes(target: Target) -> dict[str, Shape]:  # noqa: ARG001  kept with the target
    return {}


def _shown(target: Target, api: str) -> dict[str, Callable[[Answer], object]]:
    profile, layout = target.profile, Layout(target.profile_fields)
    status = _status_text if profile.status_code == "string" else attrgetter("reply.status")

    def header(answer: Answer) -> object:
        return header_map(profile, answer.reply.headers)

    return {
        "data": _data,
        "statusCode": status,
        "status": status,
        "header": header,
        "headers": header,
        "cookies": _cookies,
        "errMsg": lambda _: f"{api}:ok",
        "profile": lambda answer: layout.measured(answer.moments),
        "trace": lambda answer: answer.trace_id,
    }


def _data(answer: Answer) -> object:
    reply, own = answer.reply, answer.own
    return own["data"] if "data" in own else decoded(reply.body, reply.charset)


def _status_text(answer: Answer) -> object:
    return str(answer.reply.status)


def _cookies(answer: Answer) -> object:
    return answer.own.get("cookies", list(answer.reply.set_cookies))


def failure(target: Target, failed: Failure, trace_id: str, api: str = "uploadFile") -> Result:
    """Return the fail object of a failed call."""
    profile = target.profile
    text = failed.text or text_for(profile, failed.reason)
    text = text.causes.get(str(failed.detail.get("cause")), text)
    detail = _Blanks(failed.detail, limit=profile.limit)
    message = text.message.format_map(detail)
    return {**failed.extra, **fail_object(target, message, text.code, trace_id, api)}


def fail_object(target: Target, message: str, code: int | None, trace_id: str, api: str) -> Result:
    """Return a text and a number in the host's fail keys."""
    profile = target.profile
    build: dict[str, object] = {
        profile.message_key: message.replace("uploadFile:", f"{api}:", 1),
        "trace": trace_id,
        "data": "",
        "statusCode": 0,
    }
    if code is not None and profile.code_key is not None and profile.errno == "emit":
        build[profile.code_key] = code
    return {key: build[key] for key in target.fail_keys if key in build}


def text_for(profile: Profile, reason: Reason) -> Text:
    """Return what the host says; a reason it cannot meet reads as an internal error."""
    for candidate in (reason, Reason.INTERNAL):
        text = profile.texts[candidate]
        if not isinstance(text, Never):
            return text
    message = f"{profile.name} has no text for {Reason.INTERNAL}"
    raise LookupError(message)


def decoded(body: bytes, charset: str | None) -> str:
    """Return a body as text by its charset, undecodable bytes replaced, one BOM stripped."""
    text = body.decode(known_charset(charset) if charset else "utf-8", "replace")
    return text.removeprefix(_BOM)


def header_map(profile: Profile, headers: Headers) -> dict[str, str]:
    """Return response headers as an object in the host's case; a repeated one is joined."""
    if profile.header_case == "lower":
        headers = tuple((name.lower(), value) for name, value in headers)
    found = Flat(headers)
    return found if len(found) == len(headers) else _joined(headers)


def _joined(headers: Headers) -> dict[str, str]:
    joined: dict[str, str] = Flat()
    for name, value in headers:
        joined[name] = f"{joined[name]},{value}" if name in joined else value
    return joined


def headers_payload(profile: Profile, status: int, headers: Headers) -> Result:
    """Return what `onHeadersReceived` listeners get."""
    found: Mapping[str, object] = header_map(profile, headers)
    if profile.headers_event == "map":
        return dict(found)
    cookies = [value for name, value in headers if name.lower() == "set-cookie"]
    known: Result = {"header": found, "statusCode": status, "cookies": cookies}
    return {key: known[key] for key in profile.headers_keys}


def percent(profile: Profile, sent: int, total: int) -> int:
    """Return the progress of a body in whole percent, 0 to 100."""
    if not total:
        return _FULL
    half = total if profile.progress_rounding == "round" else 0
    return min((2 * _FULL * sent + half) // (2 * total), _FULL)


def same_progress(profile: Profile, sent: int, total: int) -> range:
    """Return the byte counts from `sent` on that are no news after it: same percent, same end."""
    if sent >= total:
        return range(sent, sent + 1)
    half = total if profile.progress_rounding == "round" else 0
    further = 2 * total * (percent(profile, sent, total) + 1) - half
    # A host that rounds shows 100 before the last byte: the exact end is news all the same.
    return range(sent, min(-(-further // (2 * _FULL)), total))


def progress_payload(profile: Profile, sent: int, total: int) -> Result:
    """Return what `onProgressUpdate` listeners get, in the host's spelling."""
    payload: Result = {"progress": percent(profile, sent, total)}
    if profile.progress_names in ("sent", "both"):
        payload |= {"totalBytesSent": sent, "totalBytesExpectedToSend": total}
    if profile.progress_names in ("written", "both"):
        payload |= {"totalBytesWritten": sent, "totalBytesExpectedToWrite": total}
    return payload
