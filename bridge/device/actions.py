"""What a phone can do for a mini-program: one small action for each name of `Local.does`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from bridge.device import ability, filesystem
from bridge.device.refusal import Refusal
from bridge.reasons import Reason
from bridge.values import copied, js_string

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from bridge.phone import Phone
    from bridge.profile import Device, Local, Options, Result
    from bridge.protocol import ApiDescription


_NUMBERS: Final = 3


@dataclass(frozen=True, slots=True)
class Asked:
    """
    One call as an action sees it.

    Attributes:
        phone: what it runs on.
        device: what the host tells of the phone.
        host: the functions of the host's global.
        local: the API called.
        values: its options, checked.
        started: epoch seconds.
    """

    phone: Phone
    device: Device
    host: Mapping[str, ApiDescription]
    local: Local
    values: Options
    started: int


def network_state(phone: Phone, device: Device) -> Result:
    """Return the state of the network in the host's words."""
    network = phone.network
    word = device.network.get(network.kind, network.kind)
    up = network.connected
    return {"networkType": word, "networkAvailable": up, "isConnected": up}


def _key(asked: Asked) -> str:
    return js_string(asked.values.get("key", ""))


def _set_storage(asked: Asked) -> Result:
    asked.phone.storage.set(_key(asked), asked.values.get("data"))
    return {}


def _get_storage(asked: Asked) -> Result:
    key, storage = _key(asked), asked.phone.storage
    if key not in storage and "missing" in asked.local.texts:
        raise Refusal("missing", Reason.BAD_PARAMETER, {"key": key})
    return {"data": storage.get(key, asked.local.otherwise)}


def _remove_storage(asked: Asked) -> Result:
    asked.phone.storage.remove(_key(asked))
    return {}


def _clear_storage(asked: Asked) -> Result:
    asked.phone.storage.clear()
    return {}


def _storage_info(asked: Asked) -> Result:
    storage = asked.phone.storage
    size, limit = storage.size_kb, asked.device.storage_kb
    return {"keys": storage.keys, "currentSize": size, "limitSize": limit}


def _system_info(asked: Asked) -> Result:
    target, device = asked.phone.target, asked.device
    told = {key: copied(value) for key, value in device.info.items()}
    if device.version_key and target.version is not None:
        told[device.version_key] = _written(target.version)
    return told


def _written(version: tuple[int, ...]) -> str:
    """Return a version as hosts write it: three numbers at least."""
    return ".".join(map(str, (*version, *(0,) * (_NUMBERS - len(version)))))


def _can_i_use(asked: Asked) -> Result:
    schema = js_string(asked.values.get("schema", ""))
    return {"can": ability.can_i_use(asked.phone.target, asked.host, schema)}


def _account(asked: Asked) -> Result:
    phone = asked.phone
    released = phone.page_version != "0"
    version = phone.page_version if released else ""
    stage = "release" if released else "develop"
    return {
        "miniProgram": {"appId": phone.appid, "envVersion": stage, "version": version},
        "microapp": {"appId": phone.appid, "envType": stage, "mpVersion": version},
        "plugin": {},
        "appId": phone.appid,
    }


def _network_type(asked: Asked) -> Result:
    return network_state(asked.phone, asked.device)


def _show_toast(asked: Asked) -> Result:
    asked.phone.ui.toast = asked.values
    return {}


def _hide_toast(asked: Asked) -> Result:
    asked.phone.ui.toast = None
    return {}


def _show_loading(asked: Asked) -> Result:
    asked.phone.ui.loading = asked.values
    return {}


def _hide_loading(asked: Asked) -> Result:
    asked.phone.ui.loading = None
    return {}


def _modal(asked: Asked) -> Result:
    answer = asked.phone.ui.ask(asked.values)
    whole: Result = {"confirm": answer.confirm, "cancel": not answer.confirm}
    if asked.values.get("editable") is True and answer.confirm:
        whole["content"] = answer.content
    return whole


def _of_files(work: Callable[..., Result]) -> Callable[[Asked], Result]:
    return lambda asked: work(asked.phone.files, asked.values, asked.started)


def _listen(_: Asked) -> Result:
    return {}


ACTIONS: Final[Mapping[str, Callable[[Asked], Result]]] = {
    "storage.set": _set_storage,
    "storage.get": _get_storage,
    "storage.remove": _remove_storage,
    "storage.clear": _clear_storage,
    "storage.info": _storage_info,
    "system.info": _system_info,
    "system.account": _account,
    "system.ability": _can_i_use,
    "network.type": _network_type,
    "network.listen": _listen,
    "ui.toast": _show_toast,
    "ui.hide_toast": _hide_toast,
    "ui.loading": _show_loading,
    "ui.hide_loading": _hide_loading,
    "ui.modal": _modal,
    "files.access": _of_files(filesystem.access),
    "files.stat": _of_files(filesystem.stat),
    "files.plain_stat": _of_files(filesystem.plain_stat),
    "files.read": _of_files(filesystem.read),
    "files.write": _of_files(filesystem.write),
    "files.unlink": _of_files(filesystem.unlink),
}
