"""
Alipay's phone: every sync API takes one object and answers one, and dialogs have other names.

A key that is not stored is no failure: its `data` is null.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from bridge.profile import Device, Local, Source, Text

_TYPINGS = "@mini-types/my 3.0.14 types/lib.my.d.ts"
_UNI = "dcloudio/uni-app packages/uni-mp-alipay/src/api"
_DOCS = "AlipayDocs/open-docs mini/api/基础API"
_CONTAINER = "myjsapi.alipay.com/jsapi/index.html"
_AS_OF = "2026"

_seen = partial(Source, "seen_in_code", date=_AS_OF)
_inferred = partial(Source, "inferred", date=_AS_OF)

_TYPED = _seen(_TYPINGS, note="shape by the typings")
_STORED = _seen(
    f"{_UNI}/shims.ts", note="data is null where nothing is stored, success always true"
)
_KEY = {"key": "string!"}
_PAIR = {"key": "string!", "data": "any"}
_INFO_KEYS = ("keys", "currentSize", "limitSize")


def _later(does: str, takes: dict[str, str], *result: str, source: Source = _TYPED) -> Local:
    return Local(does, source, takes=takes, result=result, promise="without callbacks")


def _at_once(does: str, takes: dict[str, str], *result: str, source: Source = _TYPED) -> Local:
    return Local(does, source, "value", takes=takes, given="object", result=result)


def _key_text(page: str, message: str = "必填参数为空。", code: int = 2) -> Text:
    return Text(message, code, Source("documented", f"{_DOCS}/缓存/my.{page}.md", "2022-08"))


_NO_KEY = replace(
    _key_text(""),
    source=_inferred(f"{_DOCS}/缓存/my.removeStorage.md", note="no table there; as of getStorage"),
)
_KEY_TEXTS = {
    "setStorage": _key_text("setStorage", "必填参数为空"),
    "setStorageSync": _key_text("setStorageSync", "invalid params", 11),
    "getStorage": _key_text("getStorage"),
    "getStorageSync": _key_text("getStorageSync"),
    "removeStorage": _NO_KEY,
    "removeStorageSync": _NO_KEY,
}
"""Storage API -> what it says where the key is missing."""


def _text(message: str, code: int) -> Text:
    return Text(message, code, _seen(_TYPINGS, note="number and text of the typings"))


_BAD = _text("接口参数无效", 2)
_BAD_PATH = replace(_BAD, source=_inferred(_TYPINGS, note="not typed of stat; as of its siblings"))
_SEALED = _text("指定的路径没有读权限", 10024)
_LOOK = {"missing": _text("文件/目录不存在", 10022), "unreadable": _SEALED, "parameter": _BAD}
_GONE = _text("文件不存在", 10022)
_FOLDER = _text("传入的路径是一个目录", 10023)
_FILE = {"filePath": "string!"}
_ENCODED = {**_FILE, "encoding": "string"}
_WRITTEN = {**_FILE, "data": "text!", "encoding": "string"}
_READ_TEXTS = {
    **_LOOK,
    "directory": Text("未知错误", 3, _inferred(_TYPINGS, note="no text of its own is typed")),
    "encoding": _BAD,
}
_WRITE_TEXTS = {
    "permission": _text("指定的路径没有写权限", 10024),
    "missing": _text("文件写入失败", 3),
    "directory": _text("文件写入失败", 3),
    "encoding": _BAD,
    "parameter": _BAD,
}
_UNLINK_TEXTS = {
    "missing": _GONE,
    "directory": _FOLDER,
    "permission": _text("指定的路径没有删除权限", 10024),
    "parameter": _BAD,
}


def _both(
    name: str, does: str, takes: dict[str, str], texts: dict[str, Text], *result: str
) -> dict[str, Local]:
    later = Local(
        does, _TYPED, takes=takes, result=result, texts=texts, promise="without callbacks"
    )
    return {name: later, f"{name}Sync": replace(later, kind="value", given="either")}


_FILES = {
    **_both("access", "files.access", {"path": "string!"}, _LOOK, "success"),
    **_both(
        "stat",
        "files.plain_stat",
        {"path": "string!"},
        {"missing": _GONE, "unreadable": _SEALED, "parameter": _BAD_PATH},
        "stats",
    ),
    **_both("readFile", "files.read", _ENCODED, _READ_TEXTS, "data", "dataType"),
    **_both("writeFile", "files.write", _WRITTEN, _WRITE_TEXTS, "success"),
    **_both("unlink", "files.unlink", _FILE, _UNLINK_TEXTS, "success"),
}

_SAFE_AREA = {"left": 0, "right": 393, "top": 30, "bottom": 873, "width": 393, "height": 843}
_INFO: dict[str, object] = {
    "app": "alipay",
    "language": "zh-Hans",
    "pixelRatio": 2.75,
    "platform": "Android",
    "screenWidth": 393,
    "screenHeight": 873,
    "windowWidth": 393,
    "windowHeight": 795,
    "titleBarHeight": 48,
    "statusBarHeight": 30,
    "version": "10.7.86",
    "brand": "Xiaomi",
    "model": "Xiaomi M2012K11AC",
    "system": "12",
    "currentBattery": "100%",
    "storage": "128 GB",
    "fontSizeSetting": 16,
    "transparentTitle": False,
    "safeArea": _SAFE_AREA,
    "SDKVersion": "2.9.21",
}
_SYSTEM = tuple(key for key in _INFO if key != "SDKVersion")
_WINDOW = (
    "pixelRatio",
    "screenWidth",
    "screenHeight",
    "windowWidth",
    "windowHeight",
    "statusBarHeight",
    "safeArea",
)
_NEWS = ("isConnected", "networkType")
_LISTEN = Local("network.listen", _TYPED, "listener", result=_NEWS, listens="NetworkStatusChange")
_SAID = {"title": "string", "content": "string"}
_MODAL = {
    **_SAID,
    "showCancel": "boolean",
    "cancelText": "string",
    "confirmText": "string",
    "editable": "boolean",
    "placeholderText": "string",
}
_CONFIRM = {**_SAID, "confirmButtonText": "string", "cancelButtonText": "string"}
_CONFIRM |= {"confirmColor": "string", "cancelColor": "string"}
_TOAST = {"content": "string", "type": "string", "duration": "number"}
_LOADING = {"content": "string", "delay": "number"}


def _storage() -> dict[str, Local]:
    apis = {
        "setStorage": _later("storage.set", _PAIR),
        "setStorageSync": _at_once("storage.set", _PAIR, "success"),
        "getStorage": _later("storage.get", _KEY, "data", source=_STORED),
        "getStorageSync": _at_once("storage.get", _KEY, "data", "success", source=_STORED),
        "removeStorage": _later("storage.remove", _KEY, "success"),
        "removeStorageSync": _at_once("storage.remove", _KEY, "success"),
    }
    keyed = {
        name: replace(local, texts={"parameter": _KEY_TEXTS[name]}) for name, local in apis.items()
    }
    return {
        **keyed,
        "clearStorage": _later("storage.clear", {}, "success"),
        "clearStorageSync": _at_once("storage.clear", {}, "success"),
        "getStorageInfo": _later("storage.info", {}, *_INFO_KEYS),
        "getStorageInfoSync": _at_once("storage.info", {}, *_INFO_KEYS),
    }


def _apis(*, simulated: bool) -> dict[str, Local]:
    env = {
        "USER_DATA_PATH": "https://usr",
        "clientName": "ap",
        "clientVersion": _INFO["version"],
        "language": _INFO["language"],
        "platform": _INFO["platform"],
    }
    return {
        **_storage(),
        "getSystemInfo": _later("system.info", {}, *_SYSTEM),
        "getSystemInfoSync": _at_once("system.info", {}, *_SYSTEM),
        "getWindowInfo": _at_once("system.info", {}, *_WINDOW),
        "getAppBaseInfo": _at_once("system.info", {}, "SDKVersion", "language", "version"),
        "canIUse": Local(
            "system.ability",
            Source("documented", f"{_DOCS}/基础/my.canIUse.md", "2022"),
            "value",
            takes={"schema": "string!"},
            result=("can",),
            bare="can",
        ),
        "getFileSystemManager": Local("", _TYPED, "object", members=_FILES),
        "getNetworkType": _later("network.type", {}, "networkAvailable", "networkType"),
        "onNetworkStatusChange": _LISTEN,
        "offNetworkStatusChange": _LISTEN,
        "showToast": _later("ui.toast", _TOAST),
        "hideToast": _later("ui.hide_toast", {}),
        "showLoading": _later("ui.loading", _LOADING),
        "hideLoading": _later("ui.hide_loading", {}),
        "confirm": _later("ui.modal", _CONFIRM, "confirm"),
        "alert": _later("ui.modal", {**_SAID, "buttonText": "string"}),
        "showModal": _later("ui.modal", _MODAL, "confirm", "content"),
        "getAccountInfoSync": _at_once("system.account", {}, "miniProgram"),
        "getAppIdSync": _at_once("system.account", {}, "appId"),
        "env": Local("", _TYPED, "constant", value=env),
        "isIDE": Local("", _TYPED, "constant", value=simulated),
        "SDKVersion": Local(
            "",
            Source("reported", "NervJS/taro#16860", "2024", "the library one report names"),
            "constant",
            value=_INFO["SDKVersion"],
        ),
    }


_SOURCES = {
    "apis": _seen(_TYPINGS, note="what is not listed is not emulated"),
    "info": _inferred(_TYPINGS, note="keys of the typings; the values are one plausible phone's"),
    "version_key": _seen(
        _TYPINGS, note="a target's version counts clients; 10.7.86 is of one User-Agent in a log"
    ),
    "network": _seen(_TYPINGS, note="the words of the typings; that a phone is on wifi is ours"),
    "storage_kb": _inferred(_TYPINGS, note="no number is typed: 10 MB, as on other hosts"),
    "sync_failure": _inferred(
        _CONTAINER, note="a callback gets one dictionary with error; taken for sync APIs too"
    ),
    "abilities": Source("documented", f"{_DOCS}/基础/my.canIUse.md", "2022"),
    "results_word": Source("documented", f"{_DOCS}/基础/my.canIUse.md", "2022"),
}

PHONE = Device(
    apis=_apis(simulated=False),
    info=_INFO,
    version_key="version",
    network={"wifi": "WIFI", "2g": "2G", "3g": "3G", "4g": "4G", "none": "NOTREACHABLE"},
    sync_failure="return",
    results_word="callback",
    sources=_SOURCES,
)

IDE = replace(PHONE, apis=_apis(simulated=True), info={**_INFO, "platform": "devtools"})
