"""Shapes that several hosts share; each host gives them its own sources and texts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from bridge.profile import Local

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from bridge.profile import Source, Text

    Page = Callable[[str], Source]
    Promise = Literal["never", "without callbacks"]

_OK = ("errMsg",)
_CAUSES = {
    "access": ("missing", "unreadable"),
    "stat": ("missing", "unreadable"),
    "readFile": ("missing", "unreadable", "directory", "encoding"),
    "writeFile": ("missing", "permission", "directory", "encoding"),
    "unlink": ("missing", "permission", "directory"),
}
"""Function of the file manager -> what it may be refused for."""
_INFO = ("keys", "currentSize", "limitSize")


def storage(page: Page, promise: Promise, missing: Text) -> dict[str, Local]:
    """
    Return the ten storage APIs in the shape that began with WeChat.

    Args:
        page: API -> its source.
        promise: what an asynchronous one returns.
        missing: what `getStorage` says of a key that is not stored.
    """
    key, pair = {"key": "string!"}, {"key": "string!", "data": "any"}

    def later(name: str, does: str, takes: Mapping[str, str], *result: str) -> Local:
        texts = {"missing": missing} if does == "storage.get" else {}
        return Local(
            does, page(name), takes=takes, result=(*result, *_OK), texts=texts, promise=promise
        )

    def at_once(name: str, does: str, takes: Mapping[str, str], *result: str) -> Local:
        bare = "data" if does == "storage.get" else ""
        return Local(does, page(name), "value", takes=takes, result=result, bare=bare, otherwise="")

    return {
        "setStorage": later("setStorage", "storage.set", pair),
        "setStorageSync": at_once("setStorageSync", "storage.set", pair),
        "getStorage": later("getStorage", "storage.get", key, "data"),
        "getStorageSync": at_once("getStorageSync", "storage.get", key, "data"),
        "removeStorage": later("removeStorage", "storage.remove", key),
        "removeStorageSync": at_once("removeStorageSync", "storage.remove", key),
        "clearStorage": later("clearStorage", "storage.clear", {}),
        "clearStorageSync": at_once("clearStorageSync", "storage.clear", {}),
        "getStorageInfo": later("getStorageInfo", "storage.info", {}, *_INFO),
        "getStorageInfoSync": at_once("getStorageInfoSync", "storage.info", {}, *_INFO),
    }


def dialogs(page: Page, promise: Promise, modal: Mapping[str, str]) -> dict[str, Local]:
    """Return toast, loading indicator and dialog; `modal` lists the dialog's options."""
    toast = {"title": "string!", "icon": "string", "image": "string", "duration": "number"}
    toast |= {"mask": "boolean"}
    loading = {"title": "string!", "mask": "boolean"}
    typed = ("content",) if "editable" in modal else ()

    def later(name: str, does: str, takes: Mapping[str, str], *result: str) -> Local:
        return Local(does, page(name), takes=takes, result=(*result, *_OK), promise=promise)

    return {
        "showToast": later("showToast", "ui.toast", toast),
        "hideToast": later("hideToast", "ui.hide_toast", {}),
        "showLoading": later("showLoading", "ui.loading", loading),
        "hideLoading": later("hideLoading", "ui.hide_loading", {}),
        "showModal": later("showModal", "ui.modal", modal, "confirm", "cancel", *typed),
    }


def network(page: Page, promise: Promise) -> dict[str, Local]:
    """Return the network's type and the two functions that listen to it."""
    news = ("isConnected", "networkType")

    def listener(name: str) -> Local:
        return Local(
            "network.listen", page(name), "listener", result=news, listens="NetworkStatusChange"
        )

    kind = Local(
        "network.type", page("getNetworkType"), result=("networkType", *_OK), promise=promise
    )
    return {
        "getNetworkType": kind,
        "onNetworkStatusChange": listener("onNetworkStatusChange"),
        "offNetworkStatusChange": listener("offNetworkStatusChange"),
    }


def information(page: Page, promise: Promise, keys: tuple[str, ...]) -> dict[str, Local]:
    """Return `getSystemInfo` in its forms; `keys` are those of the object they answer."""
    return {
        "getSystemInfo": Local(
            "system.info", page("getSystemInfo"), result=(*keys, *_OK), promise=promise
        ),
        "getSystemInfoSync": told("getSystemInfoSync", page, keys),
    }


def told(name: str, page: Page, keys: tuple[str, ...]) -> Local:
    """Return an API that answers some facts about the device at once."""
    return Local("system.info", page(name), "value", result=keys)


def abilities(page: Page, since: str | None = None) -> dict[str, Local]:
    """Return `canIUse`; `since` is the first version that has it."""
    return {
        "canIUse": Local(
            "system.ability",
            page("canIUse"),
            "value",
            takes={"schema": "string!"},
            result=("can",),
            bare="can",
            since=since,
        )
    }


def file_manager(
    page: Page, texts: Mapping[str, Text], stat: str = "stats", since: str | None = None
) -> dict[str, Local]:
    """
    Return `getFileSystemManager` with the functions emulated here, in WeChat's shape.

    Args:
        page: function -> its source.
        texts: `missing`, `directory`, `encoding`, and `permission` to write, `unreadable` to read
            -> what the host says.
        stat: the keys of the success object of `stat`, divided by spaces.
        since: the first version that has it.
    """
    path, file = {"path": "string!"}, {"filePath": "string!"}
    reading = {**file, "encoding": "string", "position": "number", "length": "number"}
    writing = {**file, "data": "text!", "encoding": "string"}

    def both(name: str, takes: Mapping[str, str], *result: str) -> dict[str, Local]:
        does, sync = f"files.{name.removesuffix('File')}", f"{name}Sync"
        bare = result[0] if result else ""
        said = {cause: texts[cause] for cause in _CAUSES[name]}
        return {
            name: Local(does, page(name), takes=takes, result=(*result, *_OK), texts=said),
            sync: Local(
                does, page(sync), "value", takes=takes, result=result, bare=bare, texts=said
            ),
        }

    members = {
        **both("access", path),
        **both("stat", path, *stat.split()),
        **both("readFile", reading, "data"),
        **both("writeFile", writing),
        **both("unlink", file),
    }
    return {
        "getFileSystemManager": Local(
            "", page("getFileSystemManager"), "object", members=members, since=since
        )
    }
