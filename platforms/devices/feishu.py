"""
Feishu's phone: the shapes of its engine family, with numbers of its own errno page.

The pages of most of these APIs are not at hand, so their shapes are inferred and say so.
"""

from __future__ import annotations

from functools import partial

from bridge.profile import Device, Local, Source, Text
from platforms.devices import shapes

_API = "open.feishu.cn/document/client-docs/gadget/-web-app-api"
_ERRNO = f"{_API}/errno"
_FILES = "open.larksuite.com/document/client-docs/gadget/-web-app-api/file/file-system.md"
_AS_OF = "2025-04-15"

_documented = partial(Source, "documented", date=_AS_OF)
_inferred = partial(Source, "inferred", date=_AS_OF)


def _family(api: str) -> Source:
    return _inferred(_API, note=f"tt.{api}: shape of Douyin's, of the same engine family")


def _storage(api: str) -> Source:
    return _inferred(_ERRNO, note=f"tt.{api}: the page numbers storage errors; shape of Douyin's")


def _file_page(api: str) -> Source:
    return _inferred(_FILES, note=f"{api}: the page has roots and rights; shape of Douyin's")


def _said(text: str, code: int) -> Text:
    note = "number and words of the errno page; the place after the prefix is inferred"
    return Text(f"{{api}}:fail {text}", code, _inferred(_ERRNO, note=note))


_FILE_TEXTS = {
    "missing": _said("File does not exist", 203),
    "permission": _said("No write permission", 202),
    "unreadable": _said("No read permission", 201),
    "directory": _said("Is not file", 207),
    "encoding": _said("invalid parameter", 104),
}
_INFO: dict[str, object] = {
    "brand": "Xiaomi",
    "model": "M2012K11AC",
    "pixelRatio": 2.75,
    "screenWidth": 393,
    "screenHeight": 873,
    "windowWidth": 393,
    "windowHeight": 795,
    "statusBarHeight": 30,
    "language": "zh_CN",
    "version": "7.54.0",
    "system": "Android 12",
    "platform": "android",
    "fontSizeSetting": 16,
    "SDKVersion": "2.0.0",
    "appName": "Feishu",
}
_MODAL = {
    "title": "string",
    "content": "string",
    "confirmText": "string",
    "showCancel": "boolean",
    "cancelText": "string",
}

_APIS: dict[str, Local] = {
    **shapes.storage(_storage, "never", _said("key not found", 1802001)),
    **shapes.information(_family, "never", tuple(_INFO)),
    **shapes.abilities(_family),
    **shapes.file_manager(_file_page, _FILE_TEXTS),
    **shapes.network(_family, "never"),
    **shapes.dialogs(_family, "never", _MODAL),
}

PHONE = Device(
    apis=_APIS,
    info=_INFO,
    version_key="version",
    sources={
        "apis": _inferred(_API, note="what is neither documented nor of the family is left out"),
        "info": _inferred(_API, note="keys of the family; the values are one plausible phone's"),
        "version_key": _inferred(
            _FILES, note="a target's version counts clients; V7.54 is the newest a page names"
        ),
        "network": _inferred(_API, note="words of the family; that a phone is on wifi is ours"),
        "storage_kb": _documented(_ERRNO, note="1801002 is for more than 10 MB"),
        "sync_failure": _inferred(_API, note="as documented for Douyin"),
        "abilities": _inferred(_API, note="as documented for Douyin"),
        "results_word": _inferred(_API, note="as documented for Douyin"),
    },
)
