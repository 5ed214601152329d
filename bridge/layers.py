"""The interpreter of layer tables: a call translated on its way down, a result on its way up."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, cast

import schemas
from bridge.protocol import ApiDescription
from bridge.values import undefined

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bridge.profile import Layer, Options, Profile, Result
    from bridge.protocol import Globals, PromiseRule
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
        keys=_keys(profile, UPLOAD),
    )
    promise: PromiseRule = "without callbacks" if profile.picker_returns == "promise" else "never"
    return {UPLOAD: upload} | {
        api: ApiDescription(kind="async", event=api, promise=promise, keys=_keys(profile, api))
        for api in profile.pickers
        if target.has(f"api.{api}")
    }


def _keys(profile: Profile, api: str) -> tuple[str, ...]:
    """Return every option the host may know by some version or spelling; the rest stays behind."""
    properties = cast("Mapping[str, object]", schemas.load(profile.schema, api)["properties"])
    return (*properties, *profile.option_aliases)


def _through(layer: Layer, below: dict[str, ApiDescription]) -> dict[str, ApiDescription]:
    own = {api: _returned(layer, below[name]) for api, name in layer.apis.items() if name in below}
    return own | {api: ApiDescription(kind="sync", event=api) for api in layer.settings}


def _returned(layer: Layer, api: ApiDescription) -> ApiDescription:
    """Return an API as this layer hands it on: what it says of Promises, and options of its own."""
    promise = api.promise
    if layer.use_promise == "on":
        promise = "always"
    elif layer.all_callbacks:
        promise = "never"
    elif layer.returns == "task or promise":
        promise = "without callbacks"
    return replace(api, promise=promise, keys=(*(api.keys or ()), *layer.options))
