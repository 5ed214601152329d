"""WeChat's phone: `wx.getStorageSync(key)` is the value or an empty text, sync failures throw."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from bridge.profile import Device, Local, Source, Text
from platforms.devices import shapes

_API = "developers.weixin.qq.com/miniprogram/dev/api"
_TYPINGS = "miniprogram-api-typings 5.2.3 types/wx/lib.wx.api.d.ts"
_LOG = "developers.weixin.qq.com/miniprogram/dev/framework/release/"
_ERRNO = "developers.weixin.qq.com/miniprogram/dev/framework/usability/PublicErrno.html"
_AS_OF = "2026-07-30"

_documented = partial(Source, "documented", date=_AS_OF)
_inferred = partial(Source, "inferred", date=_AS_OF)
_reported = partial(Source, "reported")


def _page(folder: str, note: str = "") -> shapes.Page:
    return lambda api: _documented(f"{_API}/{folder}/wx.{api}.html", note=note)


def _file_page(api: str) -> Source:
    return _documented(
        f"{_API}/file/FileSystemManager.{api}.html", note="of stat the folder walk is not emulated"
    )


_DENIED = Text(
    "{api}:fail permission denied, open {path}",
    1300013,
    _reported(
        "developers.weixin.qq.com/community/develop/doc/000608b7850290b6e3a9d54575b800",
        note="text of a readFileSync of 2019; the number is the errno page's for it",
    ),
)
_FILE_TEXTS = {
    "missing": Text(
        "{api}:fail no such file or directory {path}",
        1300002,
        _documented(f"{_API}/file/FileSystemManager.readFile.html"),
    ),
    "permission": _DENIED,
    "unreadable": _DENIED,
    "directory": Text(
        "{api}:fail illegal operation on a directory, open {path}",
        1301003,
        _inferred(_ERRNO, note="words and number of the errno page, the path after them ours"),
    ),
    "encoding": Text(
        "{api}:fail encode error",
        1300203,
        _inferred(_ERRNO, note="also for the name of an encoding that is none"),
    ),
}

_WINDOW = (
    "pixelRatio",
    "screenWidth",
    "screenHeight",
    "windowWidth",
    "windowHeight",
    "statusBarHeight",
    "safeArea",
    "screenTop",
)
_DEVICE = ("brand", "model", "system", "platform")
_APP = ("SDKVersion", "enableDebug", "host", "language", "version", "fontSizeSetting")
_SAFE_AREA = {"left": 0, "right": 390, "top": 47, "bottom": 844, "width": 390, "height": 797}
_INFO: dict[str, object] = {
    "brand": "devtools",
    "model": "iPhone 12/13 (Pro)",
    "pixelRatio": 3,
    "screenWidth": 390,
    "screenHeight": 844,
    "windowWidth": 390,
    "windowHeight": 753,
    "statusBarHeight": 47,
    "screenTop": 91,
    "safeArea": _SAFE_AREA,
    "language": "zh_CN",
    "version": "8.0.5",
    "system": "iOS 10.0.1",
    "platform": "devtools",
    "fontSizeSetting": 16,
    "SDKVersion": "3.11.1",
    "enableDebug": False,
    "host": {"appId": "", "env": "WeChat"},
}
_PHONE_INFO = {
    **_INFO,
    "brand": "Xiaomi",
    "model": "M2012K11AC",
    "system": "Android 12",
    "platform": "android",
    "version": "8.0.48",
}
_MODAL = {
    "title": "string",
    "content": "string",
    "showCancel": "boolean",
    "cancelText": "string",
    "cancelColor": "string",
    "confirmText": "string",
    "confirmColor": "string",
    "editable": "boolean",
    "placeholderText": "string",
}
_system = _page("base/system")
_NOT_FOUND = Text(
    "{api}:fail data not found",
    None,
    _reported("alibaba/rax#2060", "2020-12-22", "iOS; Android was seen to say getStorage:fail"),
)

_SINCE = {
    "canIUse": "1.1.1",
    "onNetworkStatusChange": "1.1.0",
    "offNetworkStatusChange": "2.9.3",
    "showLoading": "1.1.0",
    "hideLoading": "1.1.0",
    "env": "1.7.0",
    "getFileSystemManager": "1.9.9",
    "getAccountInfoSync": "2.2.2",
    "getDeviceInfo": "2.20.1",
    "getWindowInfo": "2.20.1",
    "getAppBaseInfo": "2.20.1",
}
"""API -> the first base library that has it, by its page; the other pages name none."""

_APIS: dict[str, Local] = {
    **shapes.storage(_page("storage"), "without callbacks", _NOT_FOUND),
    **shapes.information(_system, "without callbacks", tuple(_INFO)),
    "getDeviceInfo": shapes.told("getDeviceInfo", _system, _DEVICE),
    "getWindowInfo": shapes.told("getWindowInfo", _system, _WINDOW),
    "getAppBaseInfo": shapes.told("getAppBaseInfo", _system, _APP),
    **shapes.abilities(_page("base")),
    **shapes.file_manager(_file_page, _FILE_TEXTS),
    **shapes.network(_page("device/network"), "without callbacks"),
    **shapes.dialogs(_page("ui/interaction"), "without callbacks", _MODAL),
    "getAccountInfoSync": Local(
        "system.account",
        _documented(f"{_API}/open-api/account-info/wx.getAccountInfoSync.html"),
        "value",
        result=("miniProgram",),
    ),
}


def _env(root: str, note: str) -> Local:
    source = _documented(f"{_API}/base/wx.env.html", note=note)
    return Local("", source, "constant", value={"USER_DATA_PATH": root})


def _since(apis: dict[str, Local]) -> dict[str, Local]:
    return {name: replace(local, since=_SINCE.get(name)) for name, local in apis.items()}


_SOURCES = {
    "apis": Source("seen_in_code", _TYPINGS, "2026", "what is not listed is not emulated"),
    "info": _inferred(
        f"{_API}/base/system/wx.getSystemInfoSync.html",
        note="keys documented; the values are one plausible phone's",
    ),
    "version_key": _documented(
        _LOG, note="3.11.1 of 2025-10-21 where a target names no version: the newest at hand"
    ),
    "network": _documented(
        f"{_API}/device/network/wx.getNetworkType.html", note="that a phone is on wifi is ours"
    ),
    "storage_kb": _documented(
        "developers.weixin.qq.com/miniprogram/dev/framework/ability/storage.html"
    ),
    "sync_failure": _reported(
        "developers.weixin.qq.com/community/develop/doc/000608b7850290b6e3a9d54575b800",
        note="a script error; only its text is known, so the Error carries no number",
    ),
    "abilities": _documented(f"{_API}/base/wx.canIUse.html"),
    "results_word": _documented(f"{_API}/base/wx.canIUse.html"),
}

PHONE = Device(
    apis=_since({**_APIS, "env": _env("wxfile://usr", "the file-system guide has the prefix")}),
    info=_PHONE_INFO,
    version_key="SDKVersion",
    sources=_SOURCES,
)

TOOL = replace(
    PHONE,
    apis=_since(
        {**_APIS, "env": _env("http://usr", "of the tool's prefix only http:// is reported")}
    ),
    info=_INFO,
)
