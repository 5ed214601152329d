"""The interpreter of layer tables: a call translated on its way down, a result on its way up."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bridge.protocol import ApiDescription
from bridge.values import undefined

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bridge.profile import Layer, Options, Profile, Result
    from bridge.protocol import Globals
    from bridge.target import Target
    from bridge.trace import Decisions

UPLOAD = "uploadFile"


def chain(target: Target, namespace: str) -> tuple[Layer, ...]:
    """Return the layers a call on this global passes, outermost first; none for the host's own."""
    names = [layer.name for layer in target.layers]
    return target.layers[names.index(namespace) :] if namespace in names else ()


def main_namespace(target: Target) -> str:
    """Return the global a target is called through: the outermost layer's, else the host's."""
    return target.layers[0].name if target.layers else target.profile.namespace


def own_name(target: Target, api: str) -> str:
    """Return what the target itself calls an API that may be named as the host names it."""
    layer = target.layers[0] if target.layers else None
    if layer is None or api in layer.apis:
        return api
    return next((own for own, below in layer.apis.items() if below == api), api)


def down(
    layers: tuple[Layer, ...],
    profile: Profile,
    options: Options,
    configs: Mapping[str, Options],
    decisions: Decisions,
) -> Options:
    """Return the options a host gets from its layers; each layer's table is applied in turn."""
    for layer in layers:
        table = layer.rename.get(profile.namespace, {})
        for key in table.keys() & options.keys():
            decisions.add("layer", "rename", f"{layer.name} passes {key} as {table[key]}")
        options = {table.get(key, key): value for key, value in options.items()}
        if layer.translate is not None:
            # Such a layer reads its options one by one, where undefined is the same as absent.
            options = {key: value for key, value in options.items() if value is not undefined}
            options = layer.translate(layer, options, configs.get(layer.name, {}))
            decisions.add("layer", "translate", f"{layer.name} rewrote the options")
        options |= {key: value for key, value in layer.fill.items() if key not in options}
    return options


def up(layers: tuple[Layer, ...], profile: Profile, api: str, result: Result) -> Result:
    """Return the result the logic gets from its layers."""
    for layer in reversed(layers):
        rewrite = layer.results.get(profile.namespace)
        if rewrite is not None:
            result = rewrite(api, result)
    return result


def describe(target: Target) -> Globals:
    """Return every global of a target: its layers' and its host's, with their functions."""
    host = _host(target)
    found: Globals = {}
    for place, layer in enumerate(target.layers):
        below = host
        for each in reversed(target.layers[place:]):
            below = _through(each, below)
        found[layer.name] = below
    found.setdefault(target.profile.namespace, host)
    return found


def heard(target: Target) -> frozenset[str]:
    """Return the task events that this host's task has a working listener for."""
    events = {"onProgressUpdate": "progressUpdate", "onHeadersReceived": "headersReceived"}
    members = describe(target)[target.profile.namespace][UPLOAD].members
    return frozenset(event for name, event in events.items() if members.get(name) == "call")


def _host(target: Target) -> dict[str, ApiDescription]:
    profile = target.profile
    upload = ApiDescription(
        kind="task",
        event="createUploadTask",
        returns=profile.returns,
        members={n: how for n, how in profile.members.items() if target.has(f"member.{n}")},
        duplicates=profile.duplicate_listeners,
        off=profile.off_without_function,
    )
    promise = "without callbacks" if profile.picker_returns == "promise" else "never"
    return {UPLOAD: upload} | {
        api: ApiDescription(kind="async", event=api, promise=promise)  # type: ignore[arg-type]
        for api in profile.pickers
        if target.has(f"api.{api}")
    }


def _through(layer: Layer, below: dict[str, ApiDescription]) -> dict[str, ApiDescription]:
    own = {api: _returned(layer, below[name]) for api, name in layer.apis.items() if name in below}
    return own | {api: ApiDescription(kind="sync", event=api) for api in layer.settings}


def _returned(layer: Layer, api: ApiDescription) -> ApiDescription:
    """Return an API as this layer hands it on: only what it says of Promises changes."""
    if layer.use_promise == "on":
        return _promising(api, "always")
    if layer.all_callbacks:
        return _promising(api, "never")
    if layer.returns == "task or promise":
        return _promising(api, "without callbacks")
    return api


def _promising(api: ApiDescription, promise: str) -> ApiDescription:
    return ApiDescription(
        kind=api.kind,
        event=api.event,
        returns=api.returns,
        promise=promise,  # type: ignore[arg-type]  # one of the three words above
        members=api.members,
        duplicates=api.duplicates,
        off=api.off,
    )
