"""
mpx (`@mpxjs/api-proxy`): a pass-through layer that renames options on Alipay.

It has no transport and shapes no result but a request's success: on Alipay the raw
`{error, errorMessage}`, a string `statusCode` and Alipay's own progress names all come through,
and the options its page marks with a cross are handed on all the same.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bridge.profile import Layer, Source, Through
from platforms.devices import on_alipay

if TYPE_CHECKING:
    from bridge.profile import Result

_CODE = "didi/mpx packages/api-proxy/src"
_DATE = "2026-08-21"


def _stored(result: Result) -> object:
    """Return what is stored, null for nothing."""
    return result.get("data")


def _system(result: Result) -> object:
    """Put the platform before the system's version."""
    return {**result, "system": f"{result.get('platform')} {result.get('system')}"}


_ON_ALIPAY = {
    **on_alipay.STORAGE,
    "getStorageSync": Through("getStorageSync", "value", ("key",), result=_stored),
    "getSystemInfo": Through("getSystemInfo", adds=("SDKVersion",), result=_system),
    "getSystemInfoSync": Through(
        "getSystemInfoSync", "value", adds=("SDKVersion",), result=_system
    ),
    "showToast": Through("showToast", rename={"title": "content", "icon": "type"}),
    "showLoading": on_alipay.LOADING,
    "showModal": on_alipay.MODAL,
}
_REQUEST_NAMES = {"status": "statusCode", "headers": "header"}


def alipay_result(api: str, result: Result) -> Result:
    """Name a request's success as WeChat does; a failure, like every upload, stays as it is."""
    if api != "request" or "error" in result:
        return result
    return {_REQUEST_NAMES.get(key, key): value for key, value in result.items()}


LAYER = Layer(
    name="mpx",
    title="mpx",
    default="wx",
    over=("wx", "my", "tt"),
    apis={
        "uploadFile": "uploadFile",
        "request": "request",
        "chooseImage": "chooseImage",
        "chooseMedia": "chooseMedia",
        "chooseMessageFile": "chooseMessageFile",
    },
    rename={"my": {"name": "fileName"}, "my.request": {"header": "headers"}},
    results={"my": alipay_result},
    complete_gets="raw",
    use_promise="off",
    passes=True,
    device={"my": _ON_ALIPAY},
    sources={
        "default": Source("inferred", _CODE, _DATE, "its page is written for WeChat"),
        "over": Source(
            "seen_in_code",
            f"{_CODE}/platform/api/file/index.js",
            _DATE,
            "the page names WeChat and Alipay; the code passes tt through as well",
        ),
        "apis": Source("documented", "mpxjs.cn/api-proxy/network/upload/uploadFile.html", _DATE),
        "rename": Source(
            "seen_in_code",
            f"{_CODE}/platform/api/file/index.ali.js",
            _DATE,
            "seen when the package ran: name becomes fileName, and of both the last one given wins",
        ),
        "results": Source(
            "seen_in_code",
            f"{_CODE}/platform/api/request/index.ali.js",
            _DATE,
            "status and headers are renamed in a success only",
        ),
        "complete_gets": Source(
            "seen_in_code",
            f"{_CODE}/common/js/utils.js",
            _DATE,
            "seen when the package ran: only success is wrapped, complete is the host's to call",
        ),
        "use_promise": Source(
            "seen_in_code",
            f"{_CODE}/common/js/promisify.js",
            _DATE,
            "off unless installed with usePromise; the native return is then in __returned",
        ),
        "passes": Source(
            "seen_in_code",
            f"{_CODE}/install.js",
            _DATE,
            "it copies every key of the host's global, then puts its own over them",
        ),
        "device": Source(
            "seen_in_code",
            f"{_CODE}/platform/api",
            _DATE,
            "the index.ali.js files; a windowHeight of 0, which they mend, is not met here",
        ),
    },
)
