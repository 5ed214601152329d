"""
Who comes to a server on this machine: a tool or a page of its own, or a web page that was led here.

Browsers let any page connect to this machine. They name that page's site in `Origin`; and where a
name of another site was made to lead here, they send that name in `Host`.
"""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from multidict import CIMultiDictProxy


def is_of_another_site(headers: CIMultiDictProxy[str]) -> bool:
    """Tell whether a page that was not loaded from this machine makes the request."""
    return not all(_is_loopback(_host_of(url)) for url in headers.getall("Origin", []))


def came_by_another_name(headers: CIMultiDictProxy[str], own: str) -> bool:
    """Tell whether the server was asked for by a name that is neither its own nor an address."""
    # Of two, aiohttp lets none in.
    host = _host_of(f"//{headers.get('Host', '')}")
    return host != own.lower() and not _is_address(host)


def _host_of(url: str) -> str:
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _is_address(host: str) -> bool:
    """Tell what no DNS answer can turn into this machine."""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return host == "localhost"
    return True
