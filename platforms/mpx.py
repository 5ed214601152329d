"""
mpx (`@mpxjs/api-proxy`): a pass-through layer that renames one option on Alipay.

It has no transport and shapes no result: on Alipay the raw `{error, errorMessage}`, a string
`statusCode` and Alipay's own progress names all come through, and the options its page marks with
a cross are handed on all the same.
"""

from __future__ import annotations

from bridge.profile import Layer, Source

_CODE = "didi/mpx packages/api-proxy/src"
_DATE = "2026-08-21"

LAYER = Layer(
    name="mpx",
    title="mpx",
    default="wx",
    over=("wx", "my", "tt"),
    apis={
        "uploadFile": "uploadFile",
        "chooseImage": "chooseImage",
        "chooseMedia": "chooseMedia",
        "chooseMessageFile": "chooseMessageFile",
    },
    rename={"my": {"name": "fileName"}},
    use_promise="off",
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
        "use_promise": Source(
            "seen_in_code",
            f"{_CODE}/common/js/promisify.js",
            _DATE,
            "off unless installed with usePromise; the native return is then in __returned",
        ),
    },
)
