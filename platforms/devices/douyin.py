"""Douyin's phone: WeChat's shapes with `errNo`, and version and app id in `getEnvInfoSync`."""

from __future__ import annotations

from functools import partial

from bridge.profile import Device, Local, Source, Text
from platforms.devices import shapes

_DOCS = "developer.open-douyin.com/docs/resource/zh-CN/mini-app/develop/api"
_GAME = "developer.open-douyin.com/docs/resource/zh-CN/mini-game/develop/api"
_TYPINGS = "@douyin-microapp/typings 1.3.1 api"
_FILES = f"{_DOCS}/file/file-system-manager/file-system-manager"
_OLD_STAT = "w3cschool.cn/microapp/microapp-bhgm346w.html"

_documented = partial(Source, "documented")
_seen = partial(Source, "seen_in_code", date="2022")
_inferred = partial(Source, "inferred")


def _typed(file: str) -> shapes.Page:
    return lambda _: _seen(f"{_TYPINGS}/{file}.d.ts", note="shape by the typings")


def _storage(_: str) -> Source:
    return _seen(
        f"{_TYPINGS}/storage.d.ts",
        note="an empty text for a missing key, as the mini-game page; the mini-app page has 100599",
    )


_NOT_FOUND = Text(
    "{api}:fail data not found, key == {key}",
    21101,
    _documented(f"{_GAME}/data-caching/tt-get-storage", note="text and number of mini games"),
)


def _file_text(text: str) -> Text:
    note = "no table is public; 20000 is the file manager's number, the words are WeChat's"
    return Text(f"{{api}}:fail {text}", 20000, _inferred(_FILES, note=note))


def _stat_text(text: str) -> Text:
    note = "words of a copy of stat's page; 20000 is the file manager's number"
    return Text(f"{{api}}:fail {text}", 20000, _inferred(_OLD_STAT, "2019-08-27", note))


_FILE_TEXTS = {
    "missing": _stat_text("no such file or directory {path}"),
    **dict.fromkeys(("permission", "unreadable"), _stat_text("permission denied, open {path}")),
    "directory": _file_text("illegal operation on a directory, open {path}"),
    "encoding": _file_text("encode error"),
}


def _page_name(api: str) -> str:
    words = "".join(f"-{letter.lower()}" if letter.isupper() else letter for letter in api)
    return f"tt-{words}"


def _dialog_page(api: str) -> Source:
    return _documented(f"{_DOCS}/interface/interfeedback/{_page_name(api)}")


def _network_page(api: str) -> Source:
    if api == "offNetworkStatusChange":
        return _seen(f"{_TYPINGS}/network-status.d.ts", note="shape by the typings")
    return _documented(f"{_DOCS}/device/network-state/{_page_name(api)}")


def _file_page(_: str) -> Source:
    return _documented(_FILES, note="stat also under `stats`, by the typings")


_INFO: dict[str, object] = {
    "system": "Android 12",
    "platform": "android",
    "brand": "Xiaomi",
    "model": "M2012K11AC",
    "version": "30.0.0",
    "appName": "Douyin",
    "SDKVersion": "3.83.0",
    "screenWidth": 393,
    "screenHeight": 873,
    "windowWidth": 393,
    "windowHeight": 795,
    "pixelRatio": 2.75,
    "statusBarHeight": 30,
    "safeArea": {"left": 0, "right": 393, "top": 30, "bottom": 873, "width": 393, "height": 843},
}
_MODAL = {
    "title": "string",
    "content": "string",
    "confirmText": "string",
    "showCancel": "boolean",
    "cancelText": "string",
    "confirmColor": "string",
    "cancelColor": "string",
    "editable": "boolean",
    "placeholderText": "string",
}

_APIS: dict[str, Local] = {
    **shapes.storage(_storage, "never", _NOT_FOUND),
    **shapes.information(_typed("system-info"), "never", tuple(_INFO)),
    **shapes.abilities(lambda _: _documented(f"{_DOCS}/foundation/tt-can-i-use"), "1.35.0"),
    **shapes.file_manager(_file_page, _FILE_TEXTS, "stat stats", "1.15.0"),
    **shapes.network(_network_page, "never"),
    **shapes.dialogs(_dialog_page, "never", _MODAL),
    "getEnvInfoSync": Local(
        "system.account",
        _inferred(
            f"{_TYPINGS}/get-env-info-sync.d.ts",
            note="shape typed; envType's words are guessed, and common is left out",
        ),
        "value",
        result=("microapp", "plugin"),
    ),
    "env": Local(
        "",
        _seen(f"{_TYPINGS}/env.d.ts", note="VERSION is left out: its words are not public"),
        "constant",
        value={"USER_DATA_PATH": "ttfile://user"},
    ),
}

PHONE = Device(
    apis=_APIS,
    info=_INFO,
    version_key="SDKVersion",
    sources={
        "apis": _seen(f"{_TYPINGS}/index.d.ts", note="what is not listed is not emulated"),
        "info": _inferred(
            f"{_TYPINGS}/system-info.d.ts", note="keys typed; the values are one plausible phone's"
        ),
        "version_key": _seen(
            f"{_TYPINGS}/system-info.d.ts", note="3.83.0 is the newest library a page names"
        ),
        "network": _documented(
            f"{_DOCS}/device/network-state/tt-get-network-type",
            note="that a phone is on wifi is ours",
        ),
        "storage_kb": _seen(f"{_TYPINGS}/storage.d.ts", note="usually 10240, by its comment"),
        "sync_failure": _documented(f"{_DOCS}/data-caching/tt-get-storage-sync"),
        "abilities": _documented(f"{_DOCS}/foundation/tt-can-i-use"),
        "results_word": _documented(f"{_DOCS}/foundation/tt-can-i-use"),
    },
)
