"""The interpreter of layer tables: a call translated on its way down, a result on its way up."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, cast

import schemas
from bridge.device import described
from bridge.log import log
from bridge.protocol import ApiDescription
from bridge.values import undefined

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bridge.profile import Layer, Options, Profile, Result
    from bridge.protocol import Globals, PromiseRule
    from bridge.target import Target
    from bridge.trace import Deciding

UPLOAD = "uploadFile"
REQUEST = "request"


def chain(target: Target, namespace: str) -> tuple[Layer, ...]:
    """Return the layers a call on this global passes, outermost first; none for the host's own."""
    names = [layer.name for layer in target.layers]
    return target.layers[names.index(namespace) :] if namespace in names else ()


def namespaces(target: Target) -> list[str]:
    """Return the globals a call may come through that are not the host's own."""
    return [layer.name for layer in target.layers]


def main_namespace(target: Target) -> str:
    """Return the global a target is called through: the outermost layer's, else the host's."""
    return target.layers[0].name if target.layers else target.profile.namespace


def own_name(target: Target, api: str) -> str:
    """Return what the target itself calls an API that may be named as the host names it."""
    layer = target.layers[0] if target.layers else None
    if layer is None or api in layer.apis:
        return api
    return next((own for own, below in layer.apis.items() if below == api), api)


def with_callbacks(target: Target, api: str) -> ApiDescription | None:
    """Return an API that takes callbacks, None where the target has none of that name."""
    functions = target.once(describe)[main_namespace(target)]
    found = functions.get(own_name(target, api))
    return found if found is not None and found.kind in ("task", "async") else None


def down(  # noqa: PLR0913, PLR0917  one call's way, in one place
    layers: tuple[Layer, ...],
    profile: Profile,
    api: str,
    options: Options,
    configs: Mapping[str, Options],
    decisions: Deciding,
) -> Options:
    """Return the options a host gets from its layers; each layer's table is applied in turn."""
    for layer in layers:
        table = _renames(layer, profile.namespace, api)
        for key in table.keys() & options.keys():
            decisions.add("layer", "rename", f"{layer.name} passes {key} as {table[key]}")
        options = _renamed(layer, options, table)
        if layer.translate is not None:
            # Such a layer reads its options one by one, where undefined is the same as absent.
            options = {key: value for key, value in options.items() if value is not undefined}
            options = layer.translate(layer, options, configs.get(layer.name, {}))
            decisions.add("layer", "translate", f"{layer.name} rewrote the options")
        options |= {key: value for key, value in layer.fill.items() if key not in options}
    return options


def _renamed(layer: Layer, options: Options, table: Mapping[str, str]) -> Options:
    """Return the options under the names the host gets; of two for one name, the layer's choice."""
    renamed = {table[key]: value for key, value in options.items() if key in table}
    last_wins = {table.get(key, key): value for key, value in options.items()}
    return last_wins if layer.renamed_wins == "when last" else last_wins | renamed


def _renames(layer: Layer, namespace: str, api: str) -> Mapping[str, str]:
    tables = layer.rename
    return tables.get(f"{namespace}.{api}", tables.get(namespace, {}))


def up(layers: tuple[Layer, ...], profile: Profile, api: str, result: Result) -> Result:
    """Return the result the logic gets from its layers."""
    for layer in reversed(layers):
        rewrite = layer.results.get(profile.namespace)
        if rewrite is not None:
            try:
                result = rewrite(api, result)
            except Exception as error:  # noqa: BLE001  no fault of a layer may leave a call hanging
                log().error(f"{layer.name} cannot rewrite a result of {api}", exc_info=error)
    return result


def describe(target: Target) -> Globals:
    """Return every global of a target: its layers' and its host's, with their functions."""
    host = describe_host(target)
    found: Globals = {}
    for place, layer in enumerate(target.layers):
        below = host
        for each in reversed(target.layers[place:]):
            device = described.through(each, target.profile, below, _returned)
            below = _through(each, target.profile, below) | device
        found[layer.name] = below
    found.setdefault(target.profile.namespace, host)
    return found


def heard(target: Target, api: str) -> frozenset[str]:
    """Return the task events that this host's task of an API has a working listener for."""
    events = {"onProgressUpdate": "progressUpdate", "onHeadersReceived": "headersReceived"}
    members = target.once(describe)[target.profile.namespace][api].members
    return frozenset(event for name, event in events.items() if members.get(name) == "call")


def describe_host(target: Target) -> dict[str, ApiDescription]:
    """Return the functions of the host's own global."""
    profile = target.profile
    tasks = {UPLOAD: _task(target, UPLOAD, "UploadTask")}
    if target.requesting is not None:
        tasks[REQUEST] = _task(target.requesting, REQUEST, "RequestTask")
    promise: PromiseRule = "without callbacks" if profile.picker_returns == "promise" else "never"
    pickers = {
        api: ApiDescription(kind="async", event=api, promise=promise, keys=_keys(profile, api))
        for api in profile.pickers
        if target.has(f"api.{api}")
    }
    return tasks | pickers | described.of_host(target)


def _task(target: Target, api: str, task: str) -> ApiDescription:
    profile = target.profile
    return ApiDescription(
        kind="task",
        event=f"create{task}",
        task=task,
        returns=profile.returns,
        members={n: how for n, how in profile.members.items() if target.has(f"member.{n}")},
        duplicates=profile.duplicate_listeners,
        off=profile.off_without_function,
        keys=_keys(profile, api),
    )


def _keys(profile: Profile, api: str) -> tuple[str, ...]:
    """Return every option the host may know by some version or spelling; the rest stays behind."""
    properties = cast("Mapping[str, object]", schemas.load(profile.schema, api)["properties"])
    return (*properties, *profile.option_aliases)


def _through(
    layer: Layer, profile: Profile, below: dict[str, ApiDescription]
) -> dict[str, ApiDescription]:
    own = {
        api: _renaming(layer, profile, name, _returned(layer, below[name]))
        for api, name in layer.apis.items()
        if name in below
    }
    settings = {api: ApiDescription(kind="sync", event=api) for api in layer.settings}
    hooks = {api: ApiDescription(kind="interceptor", event="") for api in layer.interceptors}
    return own | settings | hooks


def _renaming(layer: Layer, profile: Profile, name: str, api: ApiDescription) -> ApiDescription:
    """Let the options cross that this layer renames for the host."""
    known = api.keys or ()
    renamed = _renames(layer, profile.namespace, name)
    return replace(api, keys=(*known, *(key for key in renamed if key not in known)))


def _returned(layer: Layer, api: ApiDescription) -> ApiDescription:
    """Return an API as this layer hands it on: its Promises, options and interceptors."""
    promise, settles = api.promise, api.settles
    if layer.use_promise == "on":
        promise, settles = "always", "layer"
    elif layer.all_callbacks:
        promise = "never"
    elif layer.returns == "task or promise":
        promise, settles = "without callbacks", "layer"
    return replace(
        api,
        promise=promise,
        settles=settles,
        complete=layer.complete_gets,
        keys=None if api.keys is None else (*api.keys, *layer.options),
        intercepted=bool(layer.interceptors),
    )
