"""Reply or Failure -> the object the mini-program sees; the one place where results are shaped."""

from __future__ import annotations

import math
from functools import partial
from typing import TYPE_CHECKING

from bridge.profile import Never, Text
from bridge.reasons import Reason
from bridge.timings import NOT_EMULATED, TLS_FIELDS, Moments, measured

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

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


def success(  # noqa: PLR0913  one object, made in one place
    target: Target,
    values: Options,
    reply: Reply,
    moments: Moments,
    trace_id: str,
    *,
    api: str = "uploadFile",
    own: Mapping[str, object] | None = None,
) -> Result:
    """
    Return the success object of an answered call.

    Args:
        target: the environment, as this API sees it.
        values: the understood options.
        reply: the answer.
        moments: when things happened.
        trace_id: the call's id, for hosts that hand it out.
        api: the API called.
        own: what the API makes of the answer where that is not what `answered` gives.
    """
    build: dict[str, Callable[[], object]] = {
        **_lookups(answered(target.profile, reply, own)),
        "errMsg": lambda: f"{api}:ok",
        "profile": lambda: measured(target.profile_fields, moments),
        "trace": lambda: trace_id,
    }
    silent = values.get("enableProfile") is False
    return {k: build[k]() for k in target.success_keys if not (silent and k == "profile")}


def _lookups(values: Mapping[str, object]) -> dict[str, Callable[[], object]]:
    return {key: partial(values.__getitem__, key) for key in values}


def answered(
    profile: Profile, reply: Reply, own: Mapping[str, object] | None = None
) -> dict[str, object]:
    """Return what an answer holds, under every name that some host gives it; `own` comes first."""
    own = own or {}
    status = str(reply.status) if profile.status_code == "string" else reply.status
    header = header_map(profile, reply.headers)
    return {
        "data": own["data"] if "data" in own else decoded(reply.body, reply.charset),
        "statusCode": status,
        "status": status,
        "header": header,
        "headers": header,
        "cookies": own.get("cookies", list(reply.set_cookies)),
    }


def idle_options(profile: Profile, values: Options) -> list[str]:
    """Return the options a call switched on that nothing here acts upon, for the record."""
    return [key for key, value in values.items() if value and key in profile.without_effect]


def not_emulated(target: Target, result: Result, *, plain: bool) -> list[str]:
    """
    Return the `profile` fields of a result that hold a placeholder, for the record.

    Args:
        target: the environment.
        result: the success object.
        plain: whether an https address was dialled without TLS, which leaves no TLS times.
    """
    if "profile" not in result:
        return []
    holes = NOT_EMULATED | (TLS_FIELDS if plain else frozenset())
    return [f"profile.{name}" for name in target.profile_fields if name in holes]


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
    joined: dict[str, str] = {}
    for name, value in headers:
        key = name.lower() if profile.header_case == "lower" else name
        joined[key] = f"{joined[key]},{value}" if key in joined else value
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
    exact = sent * _FULL / total if total else float(_FULL)
    rounded = math.floor(exact + 0.5) if profile.progress_rounding == "round" else math.floor(exact)
    return min(rounded, _FULL)


def progress_payload(profile: Profile, sent: int, total: int) -> Result:
    """Return what `onProgressUpdate` listeners get, in the host's spelling."""
    payload: Result = {"progress": percent(profile, sent, total)}
    if profile.progress_names in ("sent", "both"):
        payload |= {"totalBytesSent": sent, "totalBytesExpectedToSend": total}
    if profile.progress_names in ("written", "both"):
        payload |= {"totalBytesWritten": sent, "totalBytesExpectedToWrite": total}
    return payload
