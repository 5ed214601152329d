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

_NATIVE = _inferred(_APP, note="as on H5: the App's own code was not read for this")
_APP_INFO: dict[str, object] = {
    **_INFO,
    "brand": "Xiaomi",
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
    "uniPlatform": "app",
}

APP = replace(
    BROWSER,
    apis={name: replace(local, source=_NATIVE) for name, local in _APIS.items()},
    info=_APP_INFO,
    sources=dict.fromkeys(BROWSER.sources, _NATIVE),
)
