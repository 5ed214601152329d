"""What a host made of the options and sent: names, defaults, headers, the address, the file."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from bridge.comparison.ending import of_the_phone
from bridge.comparison.keys import own

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from bridge.comparison.case import Case
    from bridge.comparison.model import Cause

_HEADERS: Final = {
    "referer": ("referer",),
    "origin": ("check_cors", "page_origin"),
    "user-agent": ("user_agent",),
    "cookie": ("cookies",),
    "content-type": ("content_type", "default_type", "typed"),
    "content-length": ("methods", "other_methods"),
}
"""The request headers that are a host's own, and the rules that make them."""


def option(case: Case) -> Iterator[Cause]:
    """Say what a host makes of an option, and which layer passes it."""
    key = case.path[1]
    if of_the_phone(case):
        yield from own(case)
    for found in case.layers("fill", lambda layer: key in layer.fill):
        yield replace(found, says=f"passes {key}")
    for found in case.layers("config", lambda layer: key in layer.config):
        yield replace(found, says=f"passes {key}")
    yield from case.rule(f"{{api}}.option.{key}")


def inside(case: Case) -> Iterator[Cause]:
    """Say what an option holds: what was given, under which of its names."""
    yield from option(case)
    yield from _renames(case, case.path[1])


def renamed(case: Case) -> Iterator[Cause]:
    """Say which layer renames options for this host, and which other spellings the host reads."""
    yield from _renames(case)


def _renames(case: Case, key: str = "") -> Iterator[Cause]:
    """Yield the tables that hold a name, or any name at all."""
    namespace = case.profile.namespace
    for layer in case.target.layers:
        table = layer.rename.get(f"{namespace}.{case.api}", layer.rename.get(namespace, {}))
        yield from case.layer(layer, "rename") if _holds(table, key) else ()
    yield from case.rule("option_aliases") if _holds(case.profile.option_aliases, key) else ()


def _holds(table: Mapping[str, str], key: str) -> bool:
    return not key or key in (*table, *table.values())


def header(case: Case) -> Iterator[Cause]:
    """Say whose a request header is: the host's own, or the caller's that it may drop."""
    name = case.path[2]
    for rule in _HEADERS.get(name, ()):
        yield from case.rule(rule)
    if name == "host":
        yield from address(case)
    if name in (own_name.lower() for own_name in case.profile.trace_headers):
        yield from case.rule("trace_headers")
    for key in _options_with(case, name):
        yield from case.rule(f"{{api}}.option.{key}")
        yield from _dropping(case, name)


def _dropping(case: Case, name: str) -> Iterator[Cause]:
    for rule in ("forbidden_headers", "refused_headers"):
        if name in getattr(case.profile, rule):
            yield from case.rule(rule)


def _options_with(case: Case, name: str) -> list[str]:
    """Return the options in which the caller gave a header of that name, in lower case."""
    given = {} if case.record is None else case.record.options
    objects = [(key, value) for key, value in given.items() if isinstance(value, dict)]
    return [key for key, value in objects if name in (inner.lower() for inner in value)]


def answered(case: Case) -> Iterator[Cause]:
    """Say what the server may have answered otherwise to: a Content-Type of the caller's own."""
    if _options_with(case, "content-type"):
        yield from case.rule("content_type")


def address(case: Case) -> Iterator[Cause]:
    """Say what made the address: a layer that joins it, or the page it resolves against."""
    yield from case.layers("domain", lambda layer: layer.domain is not None)
    yield from case.rule("page_origin")


def paths(case: Case) -> Iterator[Cause]:
    """Say the form of the path that a picked file gets, where its name on the wire comes from."""
    for found in case.rule("paths"):
        yield replace(found, says=case.profile.paths.temp)
