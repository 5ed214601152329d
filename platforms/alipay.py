"""
Alipay `my.uploadFile`: `{error, errorMessage}`, no `errMsg`, a promise that carries the task.

The domain list works by registrable domain, the file field may be called `fileName`, `fileType`
is required, and progress counts `...Written`. The simulator returns no task and a string status.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from bridge.profile import Never, Paths, Picker, Profile, RequestProfile, Source, Text
from bridge.reasons import Reason
from platforms.devices import alipay as device

_DOCS = "AlipayDocs/open-docs mini/api/基础API"
_UPLOAD = "opendocs.alipay.com/mini/api/kmq4hc"
_NETWORK = f"{_DOCS}/网络/网络 API 使用须知.md"
_REQUEST = f"{_DOCS}/网络/my.request 常见问题.md"
_REFERER = "opendocs.alipay.com/mini/api/owycmh"
_REQUEST_MIRROR = "5851388.com/maowycmh"
_CHOOSE = f"{_DOCS}/多媒体/图片/my.chooseImage.md"
_SUPPORT = "AlipayDocs/open-docs support/支付宝小程序/常见问题/常见API错误码大全.md"
_CONTAINER = "myjsapi.alipay.com/jsapi/index.html"
_TYPINGS = "@mini-types/my 3.0.14 types/lib.my.d.ts"
_MIRROR = "5851388.com/m075np6/"
_UNI = "dcloudio/unidocs-zh docs/api/request/network-file.md"
_LOGS = "pasted logs of public apps"
_AS_OF = "2022-11-28"

_documented = partial(Source, "documented")
_seen = partial(Source, "seen_in_code")
_reported = partial(Source, "reported")
_inferred = partial(Source, "inferred")

_PAGE = _documented(_UPLOAD, _AS_OF)
_SILENT = _documented(_UPLOAD, _AS_OF, "by absence: the page lists none")
_UNUSED = _inferred(_UPLOAD, _AS_OF, "the page lists nothing of the kind")

_SOURCES = {
    "returns": _seen(_TYPINGS, "2026", "Promise and UploadTask at once; the page says UploadTask"),
    "after_bad_parameter": _inferred(_UPLOAD, _AS_OF, "not stated: the same kind, already failed"),
    "picker_returns": _seen(
        _TYPINGS, "2026", "a Promise in any case there; here where no callback is given"
    ),
    "members": _seen(
        _TYPINGS, "2026", "offProgressUpdate is in the typings only, the rest documented"
    ),
    "off_without_function": _inferred(_UPLOAD, _AS_OF, "not stated: clears all, as on WeChat"),
    "duplicate_listeners": _inferred(_UPLOAD, _AS_OF, "not stated: kept once, as on wx-like hosts"),
    "option_aliases": _seen(
        _TYPINGS,
        "2026",
        "fileName becomes name (also AlipayDocs/open-docs#2114); that it wins is a guess",
    ),
    "empty": _inferred(
        _UPLOAD, _AS_OF, "error 11 is documented for missing options; the rest follows"
    ),
    "mismatch": _documented(
        _UPLOAD, _AS_OF, "under error 11: a required option missing, or any field of a wrong type"
    ),
    "problem": _documented(_UPLOAD, _AS_OF, "the text names no option"),
    "missing": _documented(_UPLOAD, _AS_OF, "the text names no option"),
    "problems": _documented(_UPLOAD, _AS_OF, "the text names no option"),
    "file_type": _seen(
        _TYPINGS,
        "2026",
        "required there, on uni's page and the newer page; in 2022 only the IDE checked",
    ),
    "fixed_timeout": _documented(_NETWORK, "2022"),
    "zero_timeout": _inferred(_NETWORK, note="not stated: zero is no time"),
    "max_timeout": _documented(
        _NETWORK, "2022", "no maximum, as one revision of 2022-09 also said"
    ),
    "max_size": _inferred(
        _UPLOAD, _AS_OF, "no number; an older page only says `too big` for error 12"
    ),
    "schemes": _PAGE,
    "page_origin": _inferred(
        _UPLOAD, _AS_OF, "a mini-program page has no address to resolve against"
    ),
    "domain_lists": _documented(_NETWORK, "2022", "for my.request and my.uploadFile together"),
    "domain_match": _documented(_NETWORK, "2022"),
    "domain_ports": _inferred(
        _NETWORK, "2022", "matching is by registrable domain, which has no port"
    ),
    "domain_check": _documented(_NETWORK, "2022"),
    "local_addresses": _inferred(
        _REQUEST, "2022", "my.request takes no IP address; nothing frees one of the local network"
    ),
    "recheck_redirects": _inferred(_NETWORK, "2022", "not stated: followed, not judged again"),
    "max_redirects": _inferred(_NETWORK, "2022", "no number is published"),
    "check_cors": _inferred(_NETWORK, "2022", "the domain list stands where a browser has CORS"),
    "forbidden_headers": _documented(_REFERER, "2022-09-29"),
    "refused_headers": _UNUSED,
    "content_type": _inferred(
        _UPLOAD, _AS_OF, "the page says leave it alone; a blog had Android need another value"
    ),
    "referer": _documented(
        _REFERER, "2022-09-29", "the fragment is the current page, fixed here to the page's sample"
    ),
    "user_agent": _reported(_LOGS, note="an Android phone's, without the parts its log left out"),
    "cookies": _inferred(
        _REQUEST, "2022", "documented for my.request; one jar for both is a guess"
    ),
    "trace_headers": _UNUSED,
    "limit": _inferred(_REQUEST, "2022", "my.request is said to have no limit; upload names none"),
    "background_seconds": _inferred(_NETWORK, "2022", "no background rule is published"),
    "background_calls": _inferred(_NETWORK, "2022", "no background rule is published"),
    "overflow": _inferred(_REQUEST, "2022", "without a limit nothing waits or is refused"),
    "success": _PAGE,
    "fail": _documented(_CONTAINER),
    "message_key": _documented(_CONTAINER),
    "code_key": _documented(_CONTAINER),
    "errno": _documented(_CONTAINER),
    "status_code": _documented(
        _UPLOAD, _AS_OF, "number on phones; older docs and other clients: string"
    ),
    "header_case": _inferred(_UPLOAD, _AS_OF, "not stated: as the server spells it"),
    "headers_event": _documented(
        _UPLOAD, _AS_OF, "the page's sample; the typings hand over {header}"
    ),
    "headers_keys": _documented(_UPLOAD, _AS_OF, "the event hands over the map itself"),
    "progress_names": _documented(
        _UPLOAD, _AS_OF, "under Taro the listener is reported never to run (NervJS/taro#16720)"
    ),
    "progress_rounding": _inferred(_UPLOAD, _AS_OF, "not stated: open containers floor"),
    "profile_fields": _SILENT,
    "since": _documented(
        _UPLOAD, _AS_OF, "offProgressUpdate is in the typings only: taken to be as old as the task"
    ),
    "older": _reported(
        _MIRROR,
        note="timeout is from 10.2.80, before it a fixed 30 s; PUT and DELETE by my.request's page",
    ),
    "filename": _inferred(
        _UPLOAD, _AS_OF, "its server samples read an extension from it; as on WeChat"
    ),
    "paths": _inferred(
        _SUPPORT,
        "2022",
        "temp form documented, user form from the typings; saved and package guessed",
    ),
}

_ANY_NETWORK = Text(
    "上传文件失败", 12, _documented(_SUPPORT, "2022", "one text for every network failure")
)


def _upload_failed(note: str) -> Text:
    return Text("上传文件失败", 12, _inferred(_SUPPORT, "2022", note))


_TEXTS: dict[Reason, Text | Never] = {
    Reason.BAD_PARAMETER: Text(
        "无效参数",
        11,
        _documented(_UPLOAD, _AS_OF, "under `description`; assert on the number first"),
    ),
    Reason.MISSING_FILE: Text("文件不存在", 11, _documented(_SUPPORT, "2022")),
    Reason.NOT_A_FILE: Text(
        "java.io.FileNotFoundException:File is not a normal file.",
        12,
        _documented(_SUPPORT, "2022", "Android's text; what iOS says is unknown"),
    ),
    Reason.UNREADABLE_FILE: _upload_failed(
        "no text of its own is published; old clients said 11 `not have permission to upload`"
        " of a path of my.saveFile"
    ),
    Reason.OVER_SIZE: Text(
        "上传文件失败",
        12,
        _documented(_SUPPORT, "2022", "an older page gives `too big` as a cause"),
    ),
    Reason.BAD_URL: Text("无效参数", 11, _inferred(_UPLOAD, _AS_OF, "taken as a bad parameter")),
    Reason.UNSUPPORTED_SCHEME: Text(
        "请求 URL 不支持 HTTP，请使用 HTTPS", 20, _documented(_SUPPORT, "2022")
    ),
    Reason.DOMAIN_NOT_LISTED: Text(
        "无权限调用此接口",
        4,
        _documented(_SUPPORT, "2022", "also `无权限调（N22106）`; older clients 13 `没有权限`"),
    ),
    Reason.OVER_LIMIT: _upload_failed("only where a test sets limit and overflow"),
    Reason.OFFLINE: _ANY_NETWORK,
    Reason.DNS_FAILURE: _ANY_NETWORK,
    Reason.CONNECTION_REFUSED: _ANY_NETWORK,
    Reason.CONNECTION_RESET: _ANY_NETWORK,
    Reason.NETWORK_CHANGED: _upload_failed("taken as a network failure"),
    Reason.TLS_FAILURE: _ANY_NETWORK,
    Reason.TIMEOUT: Text(
        "上传文件失败", 12, _documented(_SUPPORT, "2022", "12 for an upload; my.request has 13")
    ),
    Reason.ABORTED: Text("uploadFile:fail abort", 9, _documented(_SUPPORT, "2022")),
    Reason.INTERRUPTED_BACKGROUND: _upload_failed("no background rule is published"),
    Reason.TOO_MANY_REDIRECTS: _upload_failed("taken as a network failure"),
    Reason.BAD_RESPONSE: _upload_failed("taken as a network failure"),
    Reason.INTERNAL: Text(
        "发生未知错误",
        3,
        _inferred(_CONTAINER, note="the container's general code, not upload's own"),
    ),
}

_ASK = _documented(_REFERER, "2022-09-29")
_UNSAID = _inferred(_REFERER, "2022-09-29", "not stated: as on wx-like hosts")
_REQUEST_SOURCES = {
    "returns": _documented(
        _REQUEST, "2022", "the page has a task, the answers to questions `then`"
    ),
    "members": _ASK,
    "option_aliases": _inferred(
        _REFERER, "2022-09-29", "headers only: every layer renames header to it"
    ),
    "without_effect": _inferred(_REFERER, "2022-09-29", "the Referer has one form here"),
    "fixed_timeout": _ASK,
    "zero_timeout": _inferred(_REQUEST, note="not stated: zero is no time"),
    "max_timeout": _documented(_REQUEST, "2022"),
    "content_type": _documented(
        _REFERER, "2022-09-29", "the content-type decides how data is sent"
    ),
    "limit": _documented(_REQUEST, "2022"),
    "overflow": _inferred(_REQUEST, "2022", "without a limit nothing waits or is refused"),
    "success": _ASK,
    "fail": _ASK,
    "status_code": _ASK,
    "headers_keys": _inferred(_REFERER, "2022-09-29", "no such event exists"),
    "header_option": _ASK,
    "methods": _documented(_REFERER, "2022-09-29", "PUT and DELETE from client 10.1.95"),
    "other_methods": _inferred(_REFERER, "2022-09-29", "not stated: as a bad parameter"),
    "default_type": _ASK,
    "typed": _inferred(_REFERER, "2022-09-29", "the page names no exception"),
    "query_lists": _UNSAID,
    "query_nothing": _UNSAID,
    "other_types": _UNSAID,
    "data_types": _reported(_REQUEST_MIRROR, note="json_or_text from base library 2.9.5"),
    "any_case": _documented(
        _REFERER, "2022-09-29", "the page writes both `JSON` and `json` for one value"
    ),
    "answered": _documented(
        _REQUEST, "2022", "a failed answer there has data, headers and status; 19 taken likewise"
    ),
    "cookie_list": _inferred(_REFERER, "2022-09-29", "no cookies are handed out"),
}


def _said(message: str, code: int, note: str = "under the code's meaning") -> Text:
    return Text(message, code, _documented(_REFERER, "2022-09-29", note))


def _taken_as(message: str, code: int, note: str) -> Text:
    return Text(message, code, _inferred(_REFERER, "2022-09-29", note))


_REQUEST_TEXTS: dict[Reason, Text | Never] = {
    **dict.fromkeys(
        (Reason.MISSING_FILE, Reason.NOT_A_FILE, Reason.UNREADABLE_FILE, Reason.OVER_SIZE),
        Never("a request sends no file"),
    ),
    Reason.BAD_PARAMETER: _said("参数错误", 2),
    Reason.BAD_URL: _taken_as("参数错误", 2, "taken as a bad parameter"),
    Reason.UNSUPPORTED_SCHEME: _said("请求 URL 不支持 HTTP，请使用 HTTPS", 20),
    Reason.DOMAIN_NOT_LISTED: _said("无权调用该接口", 4, "4 or 11"),
    Reason.OVER_LIMIT: _taken_as(
        "请求已被停止/服务端限流", 20, "only where a test sets limit and overflow"
    ),
    **dict.fromkeys(
        (
            Reason.OFFLINE,
            Reason.DNS_FAILURE,
            Reason.CONNECTION_REFUSED,
            Reason.CONNECTION_RESET,
        ),
        _said("网络出错", 12),
    ),
    Reason.NETWORK_CHANGED: _taken_as("网络出错", 12, "taken as a network failure"),
    Reason.TLS_FAILURE: _said("HTTP 错误", 19, "a bad certificate is one of its causes"),
    Reason.TIMEOUT: _said("超时", 13),
    Reason.ABORTED: _said("request:fail abort", 9, "word by word"),
    Reason.INTERRUPTED_BACKGROUND: _taken_as("网络出错", 12, "no background rule is published"),
    Reason.TOO_MANY_REDIRECTS: _taken_as("网络出错", 12, "taken as a network failure"),
    Reason.BAD_RESPONSE: _taken_as("网络出错", 12, "taken as a network failure"),
}

PHONE = Profile(
    name="my",
    aliases=("my:device",),
    namespace="my",
    title="Alipay on a phone",
    schema="my",
    version_counts="client",
    returns="promise+task",
    members={
        "abort": "call",
        "onProgressUpdate": "call",
        "offProgressUpdate": "call",
        "onHeadersReceived": "call",
        "offHeadersReceived": "call",
    },
    option_aliases={"fileName": "name", "headers": "header"},
    empty=frozenset({"undefined", "null", ""}),
    mismatch="fail",
    file_type="required",
    fixed_timeout=60_000,
    schemes=frozenset({"https"}),
    domain_lists="one",
    domain_match="subdomains",
    domain_ports="ignored",
    recheck_redirects=False,
    forbidden_headers=frozenset({"referer"}),
    referer="https://{appid}.hybrid.alipay-eco.com/{appid}/{version}/index.html#pages/index",
    user_agent=(
        "NebulaSDK/1.8.100112 Nebula AlipayDefined(nt:4G) AliApp(AP/10.7.86.8000)"
        " AlipayClient/10.7.86.8000 Language/zh-Hans MiniProgram APXWebView"
    ),
    cookies="session",
    limit=None,
    success=("data", "statusCode", "header"),
    fail=("error", "errorMessage"),
    message_key="errorMessage",
    code_key="error",
    headers_event="map",
    progress_names="written",
    since={
        "member.abort": "10.1.35",
        "member.onProgressUpdate": "10.1.35",
        "member.offProgressUpdate": "10.1.35",
        "member.onHeadersReceived": "10.2.90",
        "member.offHeadersReceived": "10.2.90",
    },
    older={
        "10.1.95": {"request": {"methods": frozenset({"GET", "POST"})}},
        "10.2.80": {"fixed_timeout": 30_000},
    },
    texts=_TEXTS,
    request=RequestProfile(
        returns="promise+task",
        members={"abort": "call"},
        fixed_timeout=30_000,
        max_timeout=60_000,
        limit=None,
        success=("data", "status", "headers"),
        fail=("error", "errorMessage"),
        texts=_REQUEST_TEXTS,
        header_option="headers",
        without_effect=frozenset({"referrerStrategy"}),
        methods=frozenset({"GET", "POST", "PUT", "DELETE"}),
        data_types=frozenset({"json", "json_or_text", "text", "base64", "arraybuffer"}),
        any_case=True,
        bad_json=Text("JSON parse data error", 14, _documented(_REQUEST, "2022")),
        http_error=_said("HTTP 错误", 19, "under the code's meaning, as 404, 500 and 504"),
        answered=("data", "status", "headers"),
        sources=_REQUEST_SOURCES,
    ),
    paths=Paths(
        temp="https://resource/apml{hex32}.image",
        saved="https://resource/apml{hex32}.image",
        user="https://usr/{name}",
        package=("/", ""),
    ),
    pickers={
        "chooseImage": Picker(
            result=("tempFilePaths", "tempFiles", "apFilePaths"),
            item=("path", "size"),
            cancelled=Text(
                "用户取消操作",
                11,
                _seen(
                    _TYPINGS,
                    "2026",
                    "also under the page's description of 11; a support page quotes `User cancel"
                    " select video`",
                ),
            ),
            source=_documented(
                _CHOOSE, "2022", "apFilePaths by typings and samples; no largest count"
            ),
        )
    },
    device=device.PHONE,
    sources=_SOURCES,
)

IDE = replace(
    PHONE,
    name="my:ide",
    aliases=(),
    title="Alipay simulator (IDE)",
    returns="promise",
    members={},
    since={},
    domain_check="skipped",
    status_code="string",
    user_agent=None,
    paths=replace(PHONE.paths, temp="https://resource/{ms}.png", saved="https://resource/{ms}.png"),
    device=device.IDE,
    sources={
        **_SOURCES,
        "returns": _reported(
            "dcloudio/uni-app#4509", note="no usable task there; a Promise is a guess"
        ),
        "members": _reported(
            "dcloudio/uni-app#4509", note="neither abort nor listeners in the IDE"
        ),
        "domain_check": _documented(
            _NETWORK, "2022", "a switch in the IDE, off here: `enforced` turns it on"
        ),
        "status_code": _documented(_UNI, "2026-08-21"),
        "user_agent": _inferred(_UPLOAD, _AS_OF, "no capture of the simulator's own is public"),
        "paths": _inferred(
            _CHOOSE,
            "2022",
            "that a picture's path ends in .png is documented, its form from public app code, which"
            " has .jpg too; the rest is as on a phone",
        ),
    },
)

HARMONY = replace(
    PHONE,
    name="my:harmony",
    aliases=(),
    title="Alipay on HarmonyOS",
    status_code="string",
    user_agent=None,
    sources={
        **_SOURCES,
        "status_code": _reported("NervJS/taro#16860", note="also umicro/uView#1210; lib 2.9.21"),
        "user_agent": _inferred(_UPLOAD, _AS_OF, "no capture of this client's is public"),
    },
)
