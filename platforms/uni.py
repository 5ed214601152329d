"""
uni-app's `uni`: a thin layer over a mini-program host, and the only way to H5 and App.

Two things are its own. A call without any callback returns a Promise and hides the task. On Alipay
it renames `name`, and rewrites results: `errMsg` is made up, `error` and `errorMessage` are gone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bridge.profile import Layer, Source

if TYPE_CHECKING:
    from bridge.profile import Result

_CODE = "dcloudio/uni-app packages"
_DATE = "2026-04"


def alipay_result(api: str, result: Result) -> Result:
    """Make an Alipay result look like the others: `errMsg` in, `error` and `errorMessage` out."""
    rest = {key: value for key, value in result.items() if key not in ("error", "errorMessage")}
    if rest == result:
        return {**rest, "errMsg": f"{api}:ok"}
    said = result.get("errorMessage") or result.get("error")
    return {**rest, "errMsg": f"{api}:fail {said}"}


LAYER = Layer(
    name="uni",
    title="uni-app",
    default="h5",
    apis={
        "uploadFile": "uploadFile",
        "chooseImage": "chooseImage",
        "chooseMedia": "chooseMedia",
        "chooseMessageFile": "chooseMessageFile",
    },
    rename={"my": {"name": "fileName"}},
    returns="task or promise",
    results={"my": alipay_result},
    sources={
        "default": Source("inferred", _CODE, _DATE, "the target that needs no vendor's app"),
        "apis": Source(
            "documented", "uniapp.dcloud.net.cn/api/request/network-file.html", "2026-08-21"
        ),
        "rename": Source(
            "seen_in_code",
            f"{_CODE}/uni-mp-alipay/src/api/protocols.ts",
            _DATE,
            "the only argument rule of uploadFile on Alipay; every other host has none",
        ),
        "returns": Source(
            "documented", "uniapp.dcloud.net.cn/api/request/network-file.html", "2026-08-21"
        ),
        "results": Source(
            "seen_in_code",
            f"{_CODE}/uni-mp-alipay/src/api/protocols.ts",
            _DATE,
            "each callback gets its own object here; where a host shares one, complete reads ok",
        ),
    },
)
