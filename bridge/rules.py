"""A host's network rules: which address may be called, and which headers go with the call."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING
from urllib.parse import urljoin, urlsplit

from bridge.errors import BridgeError
from bridge.failure import Failure
from bridge.reasons import Reason
from bridge.values import js_string

if TYPE_CHECKING:
    from bridge.profile import Profile
    from bridge.trace import Deciding
    from bridge.transport import Headers

Domains = Sequence[str] | Mapping[str, Sequence[str]]
DomainLists = dict[str, tuple[str, ...]]
_DEFAULT_PORTS = {"http": 80, "https": 443}
# RFC 1918. Which of them the phone is in is nobody's to say here.
_LOCAL_NETWORKS = tuple(
    map(ipaddress.IPv4Network, ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"))
)
# What follows such an origin has no part in it, so that it can be parsed once for all its URLs.
_PLAIN_ORIGIN = re.compile(r"https?://[a-z0-9.-]+(?::[0-9]+)?(?=[/?#]|\Z)")
_TOKEN = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
_CONTROLS = re.compile(r"[\r\n\0\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Address:
    """A URL's origin: `port` is the effective one, `explicit` whether the URL spells it."""

    scheme: str
    host: str
    port: int
    explicit: bool

    @property
    def origin(self) -> str:
        """The origin in its shortest spelling, such as `https://example.com`."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        usual = _DEFAULT_PORTS.get(self.scheme) == self.port
        return f"{self.scheme}://{host}" + ("" if usual else f":{self.port}")

    @property
    def loopback(self) -> bool:
        """Tell whether the address can only be this machine."""
        if self.host == "localhost":
            return True
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return False

    @property
    def local(self) -> bool:
        """Tell whether it is an IP address of a local network, written with its port."""
        return self.explicit and self.scheme in _DEFAULT_PORTS and _in_local_network(self.host)


@lru_cache(maxsize=512)
def _in_local_network(host: str) -> bool:
    try:
        number = ipaddress.IPv4Address(host)
    except ValueError:
        return False
    return any(number in network for network in _LOCAL_NETWORKS)


@lru_cache(maxsize=512)
def parse(url: str) -> Address | None:
    """Return the address a URL names, or None when it names none."""
    plain = _PLAIN_ORIGIN.match(url)
    return parse_fresh(url) if plain is None else _parse_origin(plain[0])


@lru_cache(maxsize=512)
def _parse_origin(origin: str) -> Address | None:
    return parse_fresh(origin)


def parse_fresh(url: str) -> Address | None:
    """Do what `parse` does, without its memory of earlier URLs and origins."""
    try:
        pieces = urlsplit(url)
        port = pieces.port
        host = pieces.hostname
    except ValueError:
        return None
    if not host or not pieces.scheme or re.search(r"\s", host):
        return None
    effective = port if port is not None else _DEFAULT_PORTS.get(pieces.scheme, 0)
    return Address(pieces.scheme, host, effective, explicit=port is not None)


def absolute(profile: Profile, url: str) -> str:
    """Resolve a relative URL against the page, on hosts that have one."""
    if profile.page_origin is None:
        return url
    try:
        return urljoin(f"{profile.page_origin}/", url)
    except ValueError:
        return url


def judge(
    profile: Profile,
    url: str,
    listed: Sequence[str] | None,
    decisions: Deciding,
    *,
    redirect: bool = False,
) -> Failure | None:
    """
    Judge one address by the host's rules: form, scheme, domain list.

    Args:
        profile: the host.
        url: the absolute URL, as the logic wrote it or a redirect named it.
        listed: the domain list, or None where the test gave none.
        decisions: collects the rule that refused.
        redirect: whether this is a further hop.
    """
    address = parse(url)
    if address is None:
        decisions.add("rules", str(Reason.BAD_URL), f"{url!r} is not an address")
        return Failure(Reason.BAD_URL, {"detail": url})
    reason = None
    if profile.local_addresses == "free" and address.local:
        decisions.add("rules", "local_addresses", f"{address.origin} is in the local network")
    elif address.scheme not in profile.schemes and not _always_usable(address):
        decisions.add("rules", "schemes", f"{address.scheme} is not allowed")
        reason = Reason.UNSUPPORTED_SCHEME
    elif listed is not None and (profile.recheck_redirects or not redirect):
        reason = _judge_domain(profile, address, listed, decisions)
    if reason is None:
        return None
    host = address.host
    return Failure(reason, {"host": host, "ip": host, "port": address.port, "detail": url})


def _always_usable(address: Address) -> bool:
    return address.scheme in _DEFAULT_PORTS and address.loopback


def _judge_domain(
    profile: Profile, address: Address, listed: Sequence[str], decisions: Deciding
) -> Reason | None:
    if profile.domain_check == "skipped":
        decisions.add("rules", "domain_check", "the domain list is not judged")
        return None
    if any(_covers(profile, entry, address) for entry in listed):
        return None
    decisions.add("rules", "domain_match", f"{address.origin} is not in the domain list")
    return Reason.DOMAIN_NOT_LISTED


def _covers(profile: Profile, entry: str, address: Address) -> bool:
    known = _listed_address(entry, address.scheme)
    if known is None or known.scheme != address.scheme:
        return False
    same_port = known.explicit == address.explicit and known.port == address.port
    if profile.domain_ports == "exact" and not same_port:
        return False
    if profile.domain_match == "subdomains":
        return f".{address.host}".endswith(f".{known.host}")
    return address.host == known.host


def checked_domains(given: Domains | None) -> DomainLists | None:
    """Return the lists by API, `*` for every API; raises `BridgeError` for anything else."""
    if given is None:
        return None
    lists = given if isinstance(given, Mapping) else {"*": given}
    if not all(map(_are_domains, lists.values())):
        message = f"domains={given!r}: give a list of hosts or origins, or API -> list"
        raise BridgeError(message)
    return {api: tuple(entries) for api, entries in lists.items()}


def _are_domains(entries: object) -> bool:
    """Tell whether a value lists hosts and origins; a lone text lists nothing but letters."""
    if isinstance(entries, str) or not isinstance(entries, Collection):
        return False
    return all(
        isinstance(entry, str) and _listed_address(entry, "https") is not None for entry in entries
    )


def _listed_address(entry: str, scheme: str) -> Address | None:
    """Return the address of an entry of a domain list, under a scheme where it names none."""
    return parse(entry if "://" in entry else f"{scheme}://{entry}")


def listed_for(profile: Profile, domains: DomainLists | None, api: str) -> tuple[str, ...] | None:
    """Return the list that counts for an API; None where the test gave no list at all."""
    if domains is None:
        return None
    if profile.domain_lists == "one":
        return tuple(entry for entries in domains.values() for entry in entries)
    return domains.get(api, domains.get("*", ()))


def is_origin(url: str) -> bool:
    """Tell whether a URL is `http(s)://host[:port]` and nothing more."""
    address = parse(url)
    if address is None or address.scheme not in _DEFAULT_PORTS:
        return False
    pieces = urlsplit(url)
    return pieces.path in ("", "/") and not (pieces.query or pieces.fragment or pieces.username)


def is_downgraded(url: str, dialled: str) -> bool:
    """Tell whether an https URL was dialled at an origin that speaks no TLS."""
    return url.startswith("https:") and dialled.startswith("http:")


class HeaderRules:
    """
    Which request headers a host sends: its own, and what it lets through of the caller's.

    Args:
        profile: the host.
        appid: the app id in the Referer.
        version: the page version in it.
    """

    def __init__(self, profile: Profile, appid: str, version: str) -> None:
        self._trace = profile.trace_headers
        own = dict.fromkeys(self._trace, "")
        if profile.referer is not None:
            own["Referer"] = profile.referer.format(appid=appid, version=version)
        if profile.user_agent is not None:
            own["User-Agent"] = profile.user_agent
        self._own = own
        self._lines = tuple(own.items())
        self._taken = {name.lower() for name in own}
        self._dropped = dict.fromkeys(profile.refused_headers, _REFUSED)
        self._dropped |= dict.fromkeys(profile.forbidden_headers, _FORBIDDEN)
        if profile.content_type == "force":
            self._dropped.setdefault("content-type", _FORCED)

    def sent(
        self, given: Mapping[str, object], trace_id: str, decisions: Deciding
    ) -> tuple[tuple[str, str], ...]:
        """
        Return the headers of one call.

        Args:
            given: the `header` option.
            trace_id: the call's id, for hosts that send one.
            decisions: collects what was dropped and by which rule.
        """
        if not given and not self._trace:
            return self._lines
        own = self._own | dict.fromkeys(self._trace, trace_id) if self._trace else self._own
        sent = [*own.items()]
        for name, value in given.items():
            text = js_string(value)
            dropped = self._why_dropped(name, text)
            if dropped is None:
                sent.append((name, text))
            else:
                rule, effect = dropped
                decisions.add("rules", rule, effect.format(name=name, value=text))
        return tuple(sent)

    def _why_dropped(self, name: str, text: str) -> tuple[str, str] | None:
        """Return the rule that keeps a header from being sent, and its effect in words."""
        lower = name.lower()
        if lower in self._dropped:
            return self._dropped[lower]
        sendable = (text.isascii() and text.isprintable()) or not _CONTROLS.search(text)
        if not (sendable and _TOKEN.fullmatch(name)):
            return _UNSENDABLE
        return _OWN if lower in self._taken else None


_REFUSED = ("refused_headers", 'Refused to set unsafe header "{name}"')
_FORBIDDEN = ("forbidden_headers", "{name} cannot be set: dropped")
_FORCED = ("content_type", "{name}: {value} is replaced")
_UNSENDABLE = ("header_syntax", "{name!r} cannot be sent in HTTP: dropped")
_OWN = ("forbidden_headers", "{name} is the host's own: dropped")


def origin(profile: Profile, url: str, method: str) -> Headers:
    """Return the Origin that a page of this host sends; it reads from its own without."""
    page = parse(profile.page_origin or "") if profile.check_cors else None
    if page is None or (method in ("GET", "HEAD") and _same_origin(url, page)):
        return ()
    return (("Origin", page.origin),)


def check_cors(profile: Profile, url: str, headers: Sequence[tuple[str, str]]) -> bool:
    """Tell whether a page of this host may read an answer from `url`."""
    page = parse(profile.page_origin or "")
    if not profile.check_cors or _same_origin(url, page):
        return True
    # Of two such headers a browser makes one text, which is neither (fetch.spec.whatwg.org, CORS
    # check).
    allowed = [value for name, value in headers if name.lower() == "access-control-allow-origin"]
    return allowed == ["*"] or (page is not None and allowed == [page.origin])


def readable(profile: Profile, url: str, headers: Headers, decisions: Deciding) -> Headers:
    """
    Return the headers of an answer from `url` that a page of this host is shown.

    A browser shows no cookies, and of an answer from another origin only what the Fetch standard
    lists (fetch.spec.whatwg.org, CORS-safelisted response-header names) or the answer exposes.
    """
    if not profile.check_cors:
        return headers
    same = _same_origin(url, parse(profile.page_origin or ""))
    exposed = _exposed(headers)
    shown = tuple(
        (name, value)
        for name, value in headers
        if name.lower() not in _NEVER_SHOWN
        and (same or "*" in exposed or name.lower() in exposed | _ALWAYS_SHOWN)
    )
    hidden = sorted({name for name, _ in headers} - {name for name, _ in shown})
    if hidden:
        decisions.add("shape", "check_cors", f"the page is not shown {', '.join(hidden)}")
    return shown


def _same_origin(url: str, page: Address | None) -> bool:
    address = parse(url)
    return address is not None and page is not None and address.origin == page.origin


def _exposed(headers: Headers) -> set[str]:
    lists = [value for name, value in headers if name.lower() == "access-control-expose-headers"]
    return {name.strip().lower() for value in lists for name in value.split(",")}


_NEVER_SHOWN = frozenset({"set-cookie", "set-cookie2"})
_ALWAYS_SHOWN = frozenset(
    {
        "cache-control",
        "content-language",
        "content-length",
        "content-type",
        "expires",
        "last-modified",
        "pragma",
    }
)
