"""
`uploader.upload` of lwu-upload, a layer over `uni.uploadFile`.

The document (seed 000) is followed where the code differs: `domain` replaces `baseURI`, and the
default timeout is 60000 ms. The URL is joined by plain concatenation, as document and code have it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bridge.profile import Layer, Source

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bridge.profile import Options

_CODE = "kviewui/lwu-upload packages/uniapp/src"
_DOC = "kviewui/lwu-upload docs/api/upload.md"
_DATE = "2023-07-05"


def _base(layer: Layer, options: Options, config: Mapping[str, object]) -> str:
    domain = options.get("domain")
    if layer.domain == "honour" and isinstance(domain, str) and domain:
        return domain
    base = config.get("baseURI") or config.get("baseUrl") or ""
    return str(base.get("dev", "")) if isinstance(base, dict) else str(base)


def with_config(layer: Layer, options: Options, config: Mapping[str, object]) -> Options:
    """Return the options with the address joined and the config where a call says nothing."""
    passed = {key: value for key, value in options.items() if key != "domain"}
    if isinstance(passed.get("url"), str):
        passed["url"] = f"{_base(layer, options, config)}{passed['url']}"
    for key in ("header", "formData", "name", "timeout"):
        if passed.get(key) is None and config.get(key) is not None:
            passed[key] = config[key]
    return passed


LAYER = Layer(
    name="uploader",
    title="lwu-upload",
    default="h5",
    below="uni",
    apis={"upload": "uploadFile"},
    options=("domain",),
    fill={"files": []},
    config={"name": "file", "timeout": 60000, "header": {}, "formData": {}},
    settings={"config": "*", "setHeader": "header", "setFormData": "formData"},
    all_callbacks=True,
    domain="honour",
    translate=with_config,
    sources={
        "default": Source("inferred", _DOC, _DATE, "as for uni, which it calls"),
        "below": Source(
            "documented", _DOC, _DATE, "what is around uni.uploadFile is not called for it here"
        ),
        "apis": Source("documented", _DOC, _DATE),
        "options": Source("documented", _DOC, _DATE),
        "fill": Source(
            "seen_in_code",
            f"{_CODE}/uploader.ts",
            _DATE,
            "an empty files is always there, so a host must not take it for files",
        ),
        "config": Source(
            "documented",
            _DOC,
            _DATE,
            "60000 by the document; the code has 6000, one build 0; before, after and the loading"
            " indicator are not emulated",
        ),
        "settings": Source("seen_in_code", f"{_CODE}/uploader.ts", _DATE, "each replaces its part"),
        "all_callbacks": Source(
            "seen_in_code", f"{_CODE}/uploader.ts", _DATE, "so uni always returns its task"
        ),
        "domain": Source(
            "documented", _DOC, _DATE, "the code never reads it; domain='ignore' is that reading"
        ),
        "translate": Source(
            "seen_in_code",
            f"{_CODE}/utils/interceptor.ts",
            _DATE,
            "plain concatenation; of {dev, pro} it is dev, which the code has the wrong way round;"
            " the code also writes the address onto the caller's options",
        ),
    },
)
