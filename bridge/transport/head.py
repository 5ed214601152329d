"""The head of a request, as the caller wrote address and headers, checked; and of its answer."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Protocol
from urllib.parse import quote, urlsplit

from multidict import CIMultiDict, CIMultiDictProxy
from yarl import URL

from bridge.reasons import Reason
from bridge.transport import TransportFailure

if TYPE_CHECKING:
    from http.cookies import BaseCookie

    import aiohttp

    from bridge.transport import Headers

# A test writes the same few addresses and headers over and over.
_REMEMBERED = 128
_FRAMING_HEADERS = ("Content-Length", "Transfer-Encoding")
_DEFAULT_HEADERS = (
    ("Accept", "*/*"),
    ("Accept-Encoding", "gzip, deflate"),
    ("User-Agent", "minibridge"),
)
_LEGAL = "%/?:@!$&'()*+,;=-._~"
_CHARSET = re.compile(r"charset\s*=\s*\"?([^\s\";,]+)", re.IGNORECASE)
_HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_BAD_VALUE = re.compile("[\x00-\x08\x0a-\x1f\x7f\ud800-\udfff]")


class Head(Protocol):
    """The head of an answer, whose body is still to be read from `content`."""

    @property
    def status(self) -> int:
        """The HTTP status."""

    @property
    def reason(self) -> str | None:
        """The words behind the status."""

    @property
    def headers(self) -> CIMultiDictProxy[str]:
        """The header lines."""

    @property
    def raw_headers(self) -> tuple[tuple[bytes, bytes], ...]:
        """The header lines as they arrived."""

    @property
    def content(self) -> aiohttp.StreamReader:
        """The body, decompressed as it is read."""


@lru_cache(maxsize=_REMEMBERED)
def first_url(text: str) -> URL:
    """Return the address of an upload; raises `TransportFailure` for one that cannot be dialled."""
    try:
        url = _as_written(text)
    except ValueError as error:
        raise TransportFailure(Reason.BAD_URL, {"detail": str(error)}) from error
    if url.scheme not in ("http", "https"):
        raise TransportFailure(Reason.UNSUPPORTED_SCHEME, {"detail": f"scheme {url.scheme!r}"})
    if not url.raw_host:
        raise TransportFailure(Reason.BAD_URL, {"detail": f"{text!r} names no host"})
    return url


def _as_written(text: str) -> URL:
    """
    Return an address whose path and query keep the escapes they were written with.

    Parsing alone would undo those that mean nothing, and a signed address with them.
    """
    url, pieces = URL(text), urlsplit(text)
    dotted = not pieces.path or "/." in pieces.path  # such a path is the parser's to shorten
    return URL.build(
        scheme=url.scheme,
        authority=url.raw_authority,
        path=url.raw_path if dotted else quote(pieces.path, safe=_LEGAL),
        query_string=quote(pieces.query, safe=_LEGAL),
        fragment=url.raw_fragment,
        encoded=True,
    )


@lru_cache(maxsize=_REMEMBERED)
def first_headers(given: Headers) -> CIMultiDictProxy[str]:
    """
    Return the caller's headers in order, without framing of their own, and our defaults.

    Raises:
        TransportFailure: a name or a value holds what no header may hold.
    """
    headers: CIMultiDict[str] = CIMultiDict()
    spelt: dict[str, str] = {}
    for name, value in given:
        if _HEADER_NAME.fullmatch(name) is None or _BAD_VALUE.search(value) is not None:
            detail = f"the header {name!r} holds characters that no header may hold"
            raise TransportFailure(Reason.BAD_PARAMETER, {"detail": detail})
        # aiohttp keeps both values of a name only when it is spelt the same way twice.
        headers.add(spelt.setdefault(name.lower(), name), value)
    drop(headers, _FRAMING_HEADERS)
    for name, value in _DEFAULT_HEADERS:
        headers.setdefault(name, value)
    return CIMultiDictProxy(headers)


def drop(headers: CIMultiDict[str], names: tuple[str, ...]) -> None:
    """Remove every line of these names."""
    for name in names:
        headers.popall(name, None)


def add_authorization(headers: CIMultiDict[str], value: str) -> None:
    """Add the credentials of the address; raises `ValueError` where the caller gave others."""
    if "Authorization" in headers:
        raise ValueError("the address holds credentials, and so does the header Authorization")
    headers["Authorization"] = value


def add_cookies(headers: CIMultiDict[str], jar: BaseCookie[str]) -> None:
    """Merge the jar's cookies behind the caller's own, which win."""
    own = [pair.strip() for value in headers.getall("Cookie", []) for pair in value.split(";")]
    names = {pair.partition("=")[0] for pair in own}
    kept = [f"{name}={cookie.coded_value}" for name, cookie in jar.items() if name not in names]
    if kept:
        headers["Cookie"] = "; ".join([*own, *kept])


@lru_cache(maxsize=_REMEMBERED)
def charset_of(content_type: str) -> str | None:
    """Return the charset a Content-Type names, in lower case, or None."""
    found = _CHARSET.search(content_type)
    return None if found is None else found[1].lower()


def decoded(raw_headers: tuple[tuple[bytes, bytes], ...]) -> Headers:
    """Return header lines as text: UTF-8 where they are, else one character per byte."""
    try:
        return tuple([(name.decode(), value.decode()) for name, value in raw_headers])
    except UnicodeDecodeError:
        return tuple([(_line(name), _line(value)) for name, value in raw_headers])


def _line(raw: bytes) -> str:
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return raw.decode("latin-1")
