"""`canIUse`: the answer comes from the same data as the globals themselves."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, cast

from bridge.layers import REQUEST
from bridge.options import rules_for

if TYPE_CHECKING:
    from bridge.profile import Local
    from bridge.protocol import ApiDescription
    from bridge.target import Target

_MANAGER = "FileSystemManager"


def can_i_use(target: Target, host: Mapping[str, ApiDescription], schema: str) -> bool:
    """
    Tell whether `API`, `API.return|object|success|callback.MEMBER` or `CLASS.MEMBER` exists here.

    After `MEMBER` may come a value of an option, or a key of an object among the results.
    Components are not described: nothing is claimed of them.

    Args:
        target: the environment.
        host: the functions of the host's global.
        schema: what the mini-program asks.
    """
    device = target.profile.device
    if device is not None and device.abilities != "described":
        return device.abilities == "all" or schema in host or schema in _hooks(target)
    name, *rest = schema.split(".")
    if name in (owners := _classes(host)) and len(rest) == 1:
        return rest[0] in _members(owners[name])
    api = host.get(name)
    if api is None or len(rest) not in (0, 2, 3):
        return api is not None and api.kind == "constant" and rest[:1] == _keys(api, rest)
    return not rest or _has(target, host, name, rest)


def _hooks(target: Target) -> set[str]:
    """Return the functions that a layer adds to the global for its interceptors."""
    return {name for layer in target.layers for name in layer.interceptors}


def _has(target: Target, host: Mapping[str, ApiDescription], name: str, rest: list[str]) -> bool:
    kind, part, *inner = rest
    if part not in _parts(target, host, name, kind):
        return False
    return not inner or inner[0] in _within(target, name, kind, part)


def _keys(api: ApiDescription, rest: list[str]) -> list[str]:
    known = api.value if isinstance(api.value, dict) else {}
    return [rest[0]] if len(rest) == 1 and rest[0] in known else []


def _classes(host: Mapping[str, ApiDescription]) -> dict[str, ApiDescription]:
    """Return what makes an object of each class that can be asked about."""
    found = {api.task: api for api in host.values() if api.task}
    found.update((_MANAGER, api) for api in host.values() if api.kind == "object")
    return found


def _members(api: ApiDescription) -> set[str]:
    return {*api.members, *api.apis}


def _parts(
    target: Target, host: Mapping[str, ApiDescription], name: str, kind: str
) -> frozenset[str]:
    """Return what an API has of one kind; an unknown kind has nothing."""
    api, device = host[name], target.profile.device
    local = device.apis.get(name) if device is not None else None
    results = frozenset(local.result) if local is not None else frozenset()
    if kind == "object":
        return _options(target, name, local)
    if kind == "return":
        return frozenset(_members(api)) | (results if api.kind == "value" else frozenset())
    if kind == "callback" and api.kind == "listener":
        return results
    word = device.results_word if device is not None else ""
    if kind == word and api.kind in ("task", "async"):
        return results or _success(target, name)
    return frozenset()


def _within(target: Target, name: str, kind: str, part: str) -> frozenset[str]:
    """Return the values of an option, or the keys of an object among the results."""
    device, request = target.profile.device, target.profile.request
    if device is not None and name in device.apis:
        found = device.info.get(part) if kind != "object" else None
        return frozenset(found if isinstance(found, Mapping) else ())
    if kind != "object":
        fields = _seen_by(target, name).profile_fields
        return frozenset(fields if part == "profile" else ())
    if name == REQUEST and part == "method" and request is not None:
        return request.methods
    option = rules_for(_seen_by(target, name), name).properties.get(part, {})
    items = cast("Mapping[str, list[object]]", option.get("items", option))
    return frozenset(map(str, items.get("enum", ())))


def _options(target: Target, name: str, local: Local | None) -> frozenset[str]:
    callbacks = {"success", "fail", "complete"}
    if local is not None:
        return frozenset(local.takes) | (callbacks if local.kind == "async" else set())
    return frozenset(rules_for(_seen_by(target, name), name).properties) | callbacks


def _success(target: Target, name: str) -> frozenset[str]:
    profile = target.profile
    if name in profile.pickers:
        return frozenset(profile.pickers[name].result)
    return frozenset(_seen_by(target, name).success_keys)


def _seen_by(target: Target, name: str) -> Target:
    """Return the environment as one API sees it."""
    requesting = target.requesting
    return target if requesting is None or name != REQUEST else requesting
