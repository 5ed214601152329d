"""
uni-app's `uni`: a thin layer over a mini-program host, and the only way to H5 and App.

Two things are its own. A call without any callback returns a Promise and hides the task. On Alipay
it renames `name`, and rewrites results: `errMsg` is made up, `error` and `errorMessage` are gone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bridge.profile import Layer, Source, Through
from platforms.devices import on_alipay

if TYPE_CHECKING:
    from bridge.profile import Options, Result

_CODE = "dcloudio/uni-app packages"
_DATE = "2026-04"

_REQUEST_NAMES = {"status": "statusCode", "headers": "header"}
# A value under the name of a callback is taken for one that is no function.
_GONE = ("error", "errorMessage", "success")


def alipay_result(api: str, result: Result) -> Result:
    """Make an Alipay result look like the others: `errMsg` in, `error` and `errorMessage` out."""
    rest = {key: value for key, value in result.items() if key not in _GONE}
    said = result.get("errorMessage") or result.get("error")
    ended = f"fail {said}" if said else "ok"
    names = _REQUEST_NAMES if api == "request" else {}
    named = {names.get(key, key): value for key, value in rest.items()}
    return {**named, "errMsg": f"{api}:{ended}"}


_NETWORKS = {"NOTREACHABLE": "none", "WWAN": "3g"}


def _stored(result: Result) -> object:
    """Return what is stored, an empty text for nothing."""
    data = result.get("data")
    return "" if data is None else data


def _toast(options: Options) -> tuple[str, Options]:
    """Show a toast, or the loading indicator where its icon is that."""
    loading = options.get("type") == "loading"
    return "showLoading" if loading else "showToast", options


def _network(result: Result) -> object:
    """Name the network as other hosts do."""
    word = str(result.get("networkType", ""))
    return {**result, "networkType": _NETWORKS.get(word, word.lower())}


def _system(result: Result) -> object:
    """Spell the platform as other hosts do."""
    return {**result, "platform": str(result.get("platform", "")).lower()}


def _cleared(result: Result) -> object:
    """Return what clearing the storage gives, without `success`."""
    return {key: value for key, value in result.items() if key not in _GONE}


_TOAST = {"title": "content", "icon": "type", "image": "", "mask": ""}
_ON_ALIPAY = {
    **on_alipay.STORAGE,
    "getStorageSync": Through("getStorageSync", "value", ("key",), result=_stored),
    "clearStorageSync": Through("clearStorageSync", "value", result=_cleared),
    "getSystemInfo": Through("getSystemInfo", result=_system),
    "getSystemInfoSync": Through("getSystemInfoSync", "value", result=_system),
    "getNetworkType": Through("getNetworkType", result=_network),
    "onNetworkStatusChange": Through("onNetworkStatusChange", "listener", result=_network),
    "showToast": Through("showToast", rename=_TOAST, choose=_toast),
    "showLoading": on_alipay.LOADING,
}

LAYER = Layer(
    name="uni",
    title="uni-app",
    default="h5",
    apis={
        "uploadFile": "uploadFile",
        "request": "request",
        "chooseImage": "chooseImage",
        "chooseMedia": "chooseMedia",
        "chooseMessageFile": "chooseMessageFile",
    },
    rename={"my": {"name": "fileName"}, "my.request": {"header": "headers"}},
    renamed_wins="always",
    returns="task or promise",
    interceptors=("addInterceptor", "removeInterceptor"),
    results={"my": alipay_result},
    passes=True,
    device={"my": _ON_ALIPAY},
    sources={
        "default": Source("inferred", _CODE, _DATE, "the target that needs no vendor's app"),
        "apis": Source(
            "documented", "uniapp.dcloud.net.cn/api/request/network-file.html", "2026-08-21"
        ),
        "rename": Source(
            "seen_in_code",
            f"{_CODE}/uni-mp-alipay/src/api/protocols.ts",
            _DATE,
            "the argument rules on Alipay; the lower case it gives header names changes nothing",
        ),
        "renamed_wins": Source(
            "seen_in_code",
            f"{_CODE}/uni-mp-core/src/api/wrapper.ts",
            _DATE,
            "seen when the package ran: name is passed as fileName whatever else is given",
        ),
        "returns": Source(
            "documented", "uniapp.dcloud.net.cn/api/request/network-file.html", "2026-08-21"
        ),
        "interceptors": Source(
            "seen_in_code",
            f"{_CODE}/uni-api/src/helpers/interceptor.ts",
            "2026-05",
            "seen when the package ran; hooks behind an asynchronous one are lost there"
            " (dcloudio/uni-app#5422), and called by versions of the source not seen released",
        ),
        "results": Source(
            "seen_in_code",
            f"{_CODE}/uni-mp-alipay/src/api/protocols.ts",
            _DATE,
            "each callback gets its own object here; where a host shares one, complete reads ok",
        ),
        "passes": Source(
            "seen_in_code",
            f"{_CODE}/uni-mp-core/src/api/wrapper.ts",
            _DATE,
            "what a host has and uni does not define is the host's own",
        ),
        "device": Source(
            "seen_in_code",
            f"{_CODE}/uni-mp-alipay/src/api",
            _DATE,
            "protocols.ts and shims.ts; device ids and safe-area insets are not added here",
        ),
    },
)
