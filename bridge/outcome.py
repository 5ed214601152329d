"""Reply or Failure -> the object the mini-program sees; the one place where results are shaped."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

from bridge.profile import Never, Text
from bridge.reasons import Reason
from bridge.timings import NOT_EMULATED, TLS_FIELDS, Moments, measured
from bridge.values import Flat

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from bridge.profile import Options, Profile, Result
    from bridge.reasons import Failure
    from bridge.target import Target
    from bridge.transport import Headers, Reply

_BOM = "\ufeff"
_FULL = 100


class _Blanks(dict[str, object]):
    """A failure's detail, with nothing where the host's text asks for more than is known."""

    def __missing__(self, key: str) -> str:
        return ""


class Answer(NamedTuple):
    """
    What the host got, to be handed on in its own shape.

    Attributes:
        target: the environment, as this API sees it.
        reply: the answer.
        moments: when things happened.
        trace_id: the call's id, for hosts that hand it out.
        api: the API called.
        own: `data` and `cookies` where the API makes its own of them.
    """

    target: Target
    reply: Reply
    moments: Moments
    trace_id: str
    api: str = "uploadFile"
    own: Mapping[str, object] = MappingProxyType({})


def success(answer: Answer, values: Options) -> Result:
    """Return the success object of an answered call; `values` are the understood options."""
    keys = answer.target.success_keys
    if values.get("enableProfile") is False:
        keys = tuple(key for key in keys if key != "profile")
    return shown(answer, keys)


def shown(answer: Answer, keys: Iterable[str]) -> Result:
    """Return an answer under some of the keys that hosts give it."""
    return {key: _SHOWN[key](answer) for key in keys}


def _data(answer: Answer) -> object:
    reply, own = answer.reply, answer.own
    return own["data"] if "data" in own else decoded(reply.body, reply.charset)


def _status(answer: Answer) -> object:
    status = answer.reply.status
    return str(status) if answer.target.profile.status_code == "string" else status


def _header(answer: Answer) -> object:
    return header_map(answer.target.profile, answer.reply.headers)


def _cookies(answer: Answer) -> object:
    return answer.own.get("cookies", list(answer.reply.set_cookies))


_SHOWN: dict[str, Callable[[Answer], object]] = {
    "data": _data,
    "statusCode": _status,
    "status": _status,
    "header": _header,
    "headers": _header,
    "cookies": _cookies,
    "errMsg": lambda answer: f"{answer.api}:ok",
    "profile": lambda answer: measured(answer.target.profile_fields, answer.moments),
    "trace": lambda answer: answer.trace_id,
}
"""A key that some host gives its answers -> what stands under it."""


def not_emulated(target: Target, result: Result, *, plain: bool) -> tuple[str, ...]:
    """
    Return the `profile` fields of a result that hold a placeholder, for the record.

    Args:
        target: the environment.
        result: the success object.
        plain: whether an https address was dialled without TLS, which leaves no TLS times.
    """
    if "profile" not in result:
        return ()
    return target.once(_holes_without_tls if plain else _holes)


def _holes(target: Target) -> tuple[str, ...]:
    return tuple(f"profile.{name}" for name in target.profile_fields if name in NOT_EMULATED)


def _holes_without_tls(target: Target) -> tuple[str, ...]:
    holes = NOT_EMULATED | TLS_FIELDS
    return tuple(f"profile.{name}" for name in target.profile_fields if name in holes)


def failure(target: Target, failed: Failure, trace_id: str, api: str = "uploadFile") -> Result:
    """Return the fail object of a failed call."""
    profile = target.profile
    text = failed.text or text_for(profile, failed.reason)
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
    try:
        text = body.decode(charset or "utf-8", "replace")
    except (LookupError, ValueError):
        text = body.decode("utf-8", "replace")
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
