"""uni-app on H5: storage in the browser, `canIUse` says yes to everything, no file manager."""

from __future__ import annotations

import sys
from dataclasses import replace
from functools import partial

from bridge.profile import Device, Local, Source, Text
from platforms.devices import shapes

_CODE = "dcloudio/uni-app packages/uni-h5/src/service/api"
_APP = "dcloudio/uni-app packages/uni-app-plus/src/service/api"
_AS_OF = "2026-04"

_seen = partial(Source, "seen_in_code", date=_AS_OF)
_inferred = partial(Source, "inferred", date=_AS_OF)


def _read(file: str) -> shapes.Page:
    return lambda _: _seen(f"{_CODE}/{file}", note="read in the code")


_INFO: dict[str, object] = {
    "brand": "",
    "deviceBrand": "",
    "model": "PC",
    "deviceModel": "PC",
    "deviceType": "pc",
    "devicePixelRatio": 1,
    "pixelRatio": 1,
    "platform": "linux",
    "system": "Linux",
    "screenWidth": 1280,
    "screenHeight": 800,
    "windowWidth": 1280,
    "windowHeight": 800,
    "statusBarHeight": 0,
    "language": "zh-CN",
    "SDKVersion": "",
    "version": "",
    "uniPlatform": "web",
}
_BASE = ("language", "SDKVersion", "version", "uniPlatform")
_WINDOW = ("pixelRatio", "screenWidth", "screenHeight", "windowWidth", "windowHeight")
_HARDWARE = ("brand", "deviceBrand", "deviceModel", "devicePixelRatio", "deviceType")
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
_NOT_FOUND = Text(
    "{api}:fail data not found", None, _seen(f"{_CODE}/storage/storage.ts", note="read in the code")
)
_facts = _read("device/getSystemInfoSync.ts")

_APIS: dict[str, Local] = {
    **shapes.storage(_read("storage/storage.ts"), "without callbacks", _NOT_FOUND),
    **shapes.information(_facts, "without callbacks", tuple(_INFO)),
    "getDeviceInfo": shapes.told("getDeviceInfo", _facts, (*_HARDWARE, "platform", "system")),
    "getWindowInfo": shapes.told("getWindowInfo", _facts, (*_WINDOW, "statusBarHeight")),
    "getAppBaseInfo": shapes.told("getAppBaseInfo", _facts, _BASE),
    **shapes.abilities(_read("base/canIUse.ts")),
    **shapes.network(_read("device/network.ts"), "without callbacks"),
    **shapes.dialogs(_read("ui/popup"), "without callbacks", _MODAL),
}

BROWSER = Device(
    apis=_APIS,
    info=_INFO,
    storage_kb=sys.float_info.max,
    abilities="all",
    sources={
        "apis": _seen(f"{_CODE}/index.ts", note="what is not listed is not emulated"),
        "info": _inferred(
            f"{_CODE}/device/getSystemInfoSync.ts",
            note="keys read in the code, fontSizeSetting undefined there; values of one browser",
        ),
        "version_key": _seen(
            f"{_CODE}/device/getSystemInfoSync.ts", note="SDKVersion and version are empty"
        ),
        "network": _seen(
            f"{_CODE}/device/network.ts", note="words read in the code; that it is wifi is ours"
        ),
        "storage_kb": _seen(f"{_CODE}/storage/storage.ts", note="Number.MAX_VALUE, as in the code"),
        "sync_failure": _inferred(f"{_CODE}/storage/storage.ts", note="none of these fails"),
        "abilities": _seen(f"{_CODE}/base/canIUse.ts", note="true but for three CSS features"),
        "results_word": _seen(f"{_CODE}/base/canIUse.ts", note="any word is answered with true"),
    },
)

_PLUS = partial(Source, "seen_in_code")
_INFO_CODE = f"{_APP}/device/systemInfo.ts"
_STORAGE_CODE = f"{_APP}/storage/storage.ts"
_ABILITY_CODE = f"{_APP}/base/canIUse.ts"
_NOT_FOUND_NATIVE = replace(
    _NOT_FOUND,
    source=Source("inferred", _STORAGE_CODE, note="the native text is handed on; as on H5"),
)


def _read_native(file: str) -> shapes.Page:
    return lambda _: _PLUS(f"{_APP}/{file}", note="read in the code")


_APP_INFO: dict[str, object] = {
    **_INFO,
    "brand": "xiaomi",
    "deviceBrand": "xiaomi",
    "model": "M2012K11AC",
    "deviceModel": "M2012K11AC",
    "deviceType": "phone",
    "devicePixelRatio": 2.75,
    "pixelRatio": 2.75,
    "platform": "android",
    "system": "Android 12",
    "screenWidth": 393,
    "screenHeight": 873,
    "windowWidth": 393,
    "windowHeight": 873,
    "statusBarHeight": 30,
    "version": "1.9.9.82412",
    "uniPlatform": "app",
}
_app_facts = _read_native("device/systemInfo.ts")
_app_window = _read_native("device/getWindowInfo.ts")
_APP_HARDWARE = (*_HARDWARE, "model", "platform", "system")

APP = Device(
    apis={
        **shapes.storage(
            _read_native("storage/storage.ts"), "without callbacks", _NOT_FOUND_NATIVE
        ),
        **shapes.information(_app_facts, "without callbacks", tuple(_APP_INFO)),
        "getDeviceInfo": shapes.told("getDeviceInfo", _app_facts, _APP_HARDWARE),
        "getWindowInfo": shapes.told("getWindowInfo", _app_window, (*_WINDOW, "statusBarHeight")),
        "getAppBaseInfo": shapes.told("getAppBaseInfo", _app_facts, _BASE),
        **shapes.abilities(_read_native("base/canIUse.ts")),
        **shapes.network(_read_native("device/network.ts"), "without callbacks"),
        **shapes.dialogs(_read_native("ui/popup"), "without callbacks", _MODAL),
    },
    info=_APP_INFO,
    storage_kb=sys.float_info.max,
    abilities="names",
    sources={
        "apis": _PLUS(f"{_APP}/index.ts", note="what is not listed is not emulated"),
        "info": Source(
            "inferred",
            _INFO_CODE,
            note="keys read in the code, brand in lower case there; values of one plausible phone",
        ),
        "version_key": _PLUS(
            _INFO_CODE, note="SDKVersion is empty, and version that of the engine inside"
        ),
        "network": _PLUS(
            f"{_APP}/constants.ts", note="words read in the code; that it is wifi is ours"
        ),
        "storage_kb": _PLUS(_STORAGE_CODE, note="Number.MAX_VALUE, as in the code"),
        "sync_failure": Source("inferred", _STORAGE_CODE, note="none of these fails"),
        "abilities": _PLUS(_ABILITY_CODE, note="whether `uni` has a key of that very name"),
        "results_word": _PLUS(_ABILITY_CODE, note="no word is looked at"),
    },
)
