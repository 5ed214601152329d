"""The device APIs of a target as its logic builds them: the host's own, and through each layer."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from bridge.protocol import ApiDescription

if TYPE_CHECKING:
    from collections.abc import Callable

    from bridge.profile import Layer, Local, Profile, Through
    from bridge.target import Target

Described = dict[str, ApiDescription]


def of_host(target: Target) -> Described:
    """Return the device APIs a target's host has in its version."""
    device = target.profile.device
    if device is None:
        return {}
    return {
        name: _local(target, name, local)
        for name, local in device.apis.items()
        if target.reached(local.since)
    }


def _local(target: Target, path: str, local: Local) -> ApiDescription:
    profile = target.profile
    return ApiDescription(
        kind=local.kind,
        event=path,
        promise=local.promise,
        keys=tuple(local.takes) if local.kind == "async" else None,
        duplicates=profile.duplicate_listeners,
        off=profile.off_without_function,
        apis={
            name: _local(target, f"{path}.{name}", member)
            for name, member in local.members.items()
            if target.reached(member.since)
        },
        value=local.value,
        listens=local.listens,
    )


def through(
    layer: Layer,
    profile: Profile,
    below: Described,
    own: Callable[[Layer, ApiDescription], ApiDescription],
) -> Described:
    """
    Return the device APIs a layer hands on.

    Args:
        layer: the layer.
        profile: the host.
        below: what lies beneath the layer.
        own: what the layer says of the Promises of one of its functions.
    """
    apis = profile.device.apis if layer.passes and profile.device is not None else {}
    found = {name: below[name] for name in apis if name in below}
    for name, route in layer.device.get(profile.namespace, {}).items():
        if route.below in below:
            found[name] = _routed(name, route, below[route.below])
    return {name: own(layer, api) if api.kind == "async" else api for name, api in found.items()}


def _routed(name: str, route: Through, below: ApiDescription) -> ApiDescription:
    keys = None if route.kind == "async" else below.keys
    return replace(below, kind=route.kind, event=name, keys=keys)
