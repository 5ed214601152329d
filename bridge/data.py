"""What a request sends and hands back: `data` as a query or a body, and an answer by `dataType`."""

from __future__ import annotations

import base64
import json
import math
from typing import TYPE_CHECKING, NoReturn, cast
from urllib.parse import quote

from bridge.outcome import decoded
from bridge.values import brand, js_string, well_formed

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bridge.profile import Options, RequestProfile
    from bridge.trace import Deciding
    from bridge.transport import Reply

_BODILESS = ("GET", "HEAD")
_UNESCAPED = "-_.!~*'()"
_NOTHING = ("Undefined", "Null")
_LEFT_OUT = ("Undefined", "Function", "Symbol")


def method_of(rules: RequestProfile, given: object) -> str | None:
    """Return the method to send in capitals; None for one that the host refuses."""
    method = js_string(given).upper()
    if method in rules.methods:
        return method
    return "GET" if rules.other_methods == "GET" else None


def typed(rules: RequestProfile, method: str, header: Mapping[str, object]) -> Options:
    """Return the headers with the host's Content-Type, where the caller names none."""
    wanted = rules.typed == "every method" or method != "GET"
    if not wanted or content_type(header):
        return dict(header)
    return {"Content-Type": rules.default_type, **header}


def content_type(header: Mapping[str, object]) -> str:
    """Return the Content-Type among the headers in lower case, empty where there is none."""
    for name, value in header.items():
        if name.lower() == "content-type":
            return js_string(value).lower()
    return ""


def in_query(
    rules: RequestProfile, method: str, url: str, data: object, decisions: Deciding
) -> str:
    """Return the URL with `data` in its query where the method takes it there."""
    if method not in _BODILESS or brand(data) in _NOTHING or data in ("", {}):
        return url
    if method == "GET" and isinstance(data, dict):
        decisions.add("wire", "query_lists", "data is sent in the query string")
        return _with_query(rules, url, data)
    decisions.add("wire", "methods", f"{method} sends no body: data is not sent")
    return url


def _with_query(rules: RequestProfile, url: str, data: Options) -> str:
    """Return the URL with each entry in its query; one of the same name is replaced."""
    path, _, query = url.partition("#")[0].partition("?")
    pairs = {pair.partition("=")[0]: pair for pair in query.split("&") if pair}
    for key, value in data.items():
        name = _escaped(key)
        pairs[name] = f"{name}={_escaped(_query_text(rules, value))}"
    return f"{path}?{'&'.join(pairs.values())}"


def _query_text(rules: RequestProfile, value: object) -> str:
    if brand(value) in _NOTHING and rules.query_nothing == "empty":
        return ""
    if isinstance(value, dict) or (isinstance(value, list) and rules.query_lists == "json"):
        return js_json(value) or ""
    return js_string(value)


def body_of(rules: RequestProfile, method: str, kind: str, data: object) -> bytes:
    """
    Return the body that `data` becomes, empty for none.

    Args:
        rules: the host's.
        method: in capitals.
        kind: the Content-Type in lower case.
        data: the option as given.
    """
    if method in _BODILESS or brand(data) in _NOTHING:
        return b""
    if isinstance(data, (bytes, bytearray)):
        return bytes(data)
    if not isinstance(data, (dict, list)):
        return well_formed(js_string(data)).encode()
    if "application/x-www-form-urlencoded" in kind:
        return _form(data).encode()
    as_json = "application/json" in kind or rules.other_types == "json"
    return ((js_json(data) or "") if as_json else js_string(data)).encode()


def _form(data: Options | list[object]) -> str:
    pairs = data.items() if isinstance(data, dict) else enumerate(data)
    return "&".join(f"{_escaped(str(key))}={_escaped(js_string(value))}" for key, value in pairs)


def _escaped(text: str) -> str:
    """Return what JavaScript's `encodeURIComponent` gives, a lone surrogate as U+FFFD."""
    return quote(well_formed(text), safe=_UNESCAPED)


def js_json(value: object) -> str | None:
    """Return what JavaScript's `JSON.stringify(value)` gives, None for its undefined."""
    kind = brand(value)
    if kind in _LEFT_OUT:
        return None
    if kind == "Object":
        members = ((key, js_json(inner)) for key, inner in cast("Options", value).items())
        return f"{{{','.join(f'{_quoted(k)}:{text}' for k, text in members if text is not None)}}}"
    if kind == "Array":
        return f"[{','.join(js_json(inner) or 'null' for inner in cast('list[object]', value))}]"
    if kind in ("ArrayBuffer", "File"):
        return "{}"
    if kind == "Number":
        text = js_string(value)
        return "null" if text in ("NaN", "Infinity", "-Infinity") else text
    return js_string(value) if kind in ("Boolean", "Null") else _quoted(js_string(value))


def _quoted(text: str) -> str:
    return json.dumps(well_formed(text), ensure_ascii=False)


def received(rules: RequestProfile, values: Options, reply: Reply) -> tuple[object, bool]:
    """Return an answer's `data` as the options ask for it, and whether it is what they ask for."""
    wanted = _word(rules, values.get("dataType"))
    kind = wanted if wanted in rules.data_types else "text"
    if kind == "arraybuffer" or _word(rules, values.get("responseType")) == "arraybuffer":
        return reply.body, True
    if kind == "base64":
        return _data_uri(reply), True
    text = decoded(reply.body, reply.charset)
    if kind not in ("json", "json_or_text"):
        return text, True
    try:
        return json.loads(text, parse_constant=_refuse, parse_int=_whole), True
    except (ValueError, RecursionError):
        return text, kind != "json"


def _word(rules: RequestProfile, value: object) -> str:
    return js_string(value).lower() if rules.any_case else js_string(value)


def _data_uri(reply: Reply) -> str:
    kind = content_type(dict(reply.headers)).partition(";")[0].strip() or "application/octet-stream"
    return f"data:{kind};base64,{base64.b64encode(reply.body).decode()}"


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is no JSON")


def _whole(digits: str) -> int | float:
    """Read a whole number as JavaScript holds it: rounded beyond 2**53, endless beyond reach."""
    number = float(digits)
    return number if math.isinf(number) else int(number)
