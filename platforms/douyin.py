"""
Douyin `tt.uploadFile`: https and listed domains only, `errNo` on failure, at most 60 seconds.

Of its error table nothing but the shape is public: texts and numbers here are inferred, so assert
on the shape. Cookies are kept only where an app asks for it (`cookies="session"`).
"""

from __future__ import annotations

from functools import partial

from bridge.profile import Never, Paths, Picker, Profile, RequestProfile, Source, Text
from bridge.reasons import Reason
from platforms.devices import douyin as device

_SITE = "developer.open-douyin.com"
_DOCS = f"{_SITE}/docs/resource/zh-CN/mini-app/develop"
_UPLOAD = f"{_DOCS}/api/network/http/tt-upload-file"
_REQUEST = f"{_DOCS}/api/network/http/tt-request"
_OLD_REQUEST = "w3cschool.cn/microapp/microapp-9acf3661.html"
_COOKIE = f"{_DOCS}/api/network/cookie"
_CHOOSE = f"{_SITE} tt-choose-image"
_ERRORS = f"{_DOCS}/tutorial/miniapp-framework/logic-layer/api"
_STANDARD = f"{_DOCS}/api/other/standard-abject-input"
_NETWORK = f"{_DOCS}/api/network/network"
_GAME_NETWORK = f"{_SITE}/docs/resource/zh-CN/mini-game/develop/guide/basic-function/network"
_DOMAINS = f"{_SITE} thirdparty/API/smallprogram/auth-app-manage/base-info/modify-domain"
_LIVE = f"{_SITE} interaction/develop/server/live-room-scope/error-code"
_TIKTOK = "developers.tiktok.com/doc/mini-games-error-code-reference"
_SET_STORAGE = f"{_DOCS}/api/data-caching/tt-set-storage"
_GAME_ANSWERS = f"{_SITE}/forum/mini-game/post/630edb57fe9525047ac7f69a"
_TYPINGS = "@douyin-microapp/typings 1.3.1"
_NOTES = "public developer notes"

_documented = partial(Source, "documented")
_seen = partial(Source, "seen_in_code")
_reported = partial(Source, "reported")
_inferred = partial(Source, "inferred")

_PAGE = _documented(_UPLOAD)
_SILENT = _documented(_UPLOAD, note="by absence: the page lists none")
_UNUSED = _inferred(_UPLOAD, note="the page lists nothing of the kind")
_FORM = _inferred(
    _SET_STORAGE,
    note="the page's text of a wrong key; the tools add `, but got 0`, and of openDocument"
    " `filePath is required` is reported",
)

_SOURCES = {
    "returns": _PAGE,
    "after_bad_parameter": _inferred(_UPLOAD, note="not stated: a task that has already failed"),
    "picker_returns": _documented(_ERRORS, note="what it comes to is had by callbacks"),
    "members": _seen(_TYPINGS, "2022", "the two headers members are on mini games only"),
    "off_without_function": _inferred(_TYPINGS, "2022", "no off member exists"),
    "duplicate_listeners": _inferred(_UPLOAD, note="not stated: kept once, as on wx-like hosts"),
    "option_aliases": _SILENT,
    "empty": _inferred(_UPLOAD, note="no rule is published; Feishu's is taken"),
    "mismatch": _inferred(_UPLOAD, note="no rule is published; Feishu's is taken"),
    "problem": _FORM,
    "missing": _FORM,
    "problems": _FORM,
    "file_type": _SILENT,
    "fixed_timeout": _documented(_NETWORK, note="60 s for every network call"),
    "zero_timeout": _inferred(_NETWORK, note="not stated: zero is no time"),
    "max_timeout": _documented(_NETWORK, note="60 s for every network call"),
    "max_size": _documented(_UPLOAD, note="names none; the mini-game page has 10M"),
    "schemes": _documented(_UPLOAD, note="test builds also take http"),
    "page_origin": _inferred(_UPLOAD, note="a mini-program page has no address to resolve against"),
    "domain_lists": _documented(_DOMAINS, note="groups for request, socket, upload and download"),
    "domain_match": _documented(_NETWORK),
    "domain_ports": _documented(
        _NETWORK, note="the domain API of third parties allows no port at all"
    ),
    "domain_check": _PAGE,
    "local_addresses": _inferred(
        _NETWORK, note="the list may hold an address of the local network, so it is taken to judge"
    ),
    "recheck_redirects": _inferred(_NETWORK, note="not stated: the safer reading"),
    "max_redirects": _inferred(_NETWORK, note="no number is published"),
    "check_cors": _inferred(_NETWORK, note="the domain list stands where a browser has CORS"),
    "forbidden_headers": _PAGE,
    "refused_headers": _UNUSED,
    "content_type": _documented(
        _UPLOAD, note="the typings of 2022 do not name content-type: `caller`"
    ),
    "referer": _documented(_UPLOAD, note="mini games and the old page lack the slash before `?`"),
    "user_agent": _inferred(_UPLOAD, note="the documented form, without the values it leaves open"),
    "cookies": _documented(_COOKIE, note="off unless app.json enables the store, from 2.45.0"),
    "trace_headers": _UNUSED,
    "limit": _inferred(
        _GAME_NETWORK, note="unknown for mini apps; mini games have 5, an edition names none"
    ),
    "background_seconds": _inferred(
        _NETWORK, note="said of calls that are made there; what is on its way is taken to go on"
    ),
    "background_calls": _documented(
        _NETWORK, note="from the fifth second in the background on; here at once"
    ),
    "overflow": _inferred(
        _LIVE, note="unknown for uploads: queued; a sister product refuses the eleventh"
    ),
    "success": _documented(_UPLOAD, note="header is absent, though one public wrapper reads it"),
    "fail": _documented(_ERRORS, note="errorCode and errorType are being rolled out in its place"),
    "message_key": _documented(_STANDARD),
    "code_key": _documented(_ERRORS),
    "errno": _documented(_ERRORS),
    "status_code": _PAGE,
    "header_case": _inferred(_UPLOAD, note="no header reaches the logic"),
    "headers_event": _inferred(_UPLOAD, note="mini games only"),
    "headers_keys": _inferred(_UPLOAD, note="mini games only"),
    "progress_names": _seen(_TYPINGS, "2022", "also on the mini-game page and a copy of 2019"),
    "progress_rounding": _inferred(_UPLOAD, note="not stated: open containers floor"),
    "profile_fields": _documented(
        _UPLOAD, note="one name of the list is known; note its lower-case up"
    ),
    "older": _documented(_REQUEST, note="PATCH from 2.42.0"),
    "filename": _inferred(_UPLOAD, note="not stated: the last segment of the path, as on WeChat"),
    "paths": _inferred(
        _NOTES, note="temp form reported, user form documented; saved and package forms guessed"
    ),
}

_SILENT_TABLE = _inferred(
    _UPLOAD, note="no upload table is public; 20000 is the file manager's number"
)
_OFF_LIST = _inferred(
    _GAME_ANSWERS, "2022-08-31", f"the words of mini games; the number is that of {_TIKTOK}"
)


def _error(text: str, source: Source = _SILENT_TABLE, code: int = 20000) -> Text:
    return Text(f"uploadFile:fail {text}", code, source)


_TEXTS: dict[Reason, Text | Never] = {
    Reason.BAD_PARAMETER: _error("{problems}", _FORM),
    Reason.MISSING_FILE: _error("file not exist"),
    Reason.NOT_A_FILE: _error("file not exist"),
    Reason.UNREADABLE_FILE: _error("permission denied"),
    Reason.OVER_SIZE: _error(
        "filePath exceeds the size limit",
        _inferred(
            _UPLOAD, note="only where a test sets max_size; as a bad parameter, wording ours"
        ),
    ),
    Reason.BAD_URL: _error("invalid url"),
    Reason.UNSUPPORTED_SCHEME: _error("url is not valid domain", _OFF_LIST, 21100),
    Reason.DOMAIN_NOT_LISTED: _error("url is not valid domain", _OFF_LIST, 21100),
    Reason.OVER_LIMIT: _error(
        "exceed max concurrency", _inferred(_LIVE, note="a sister product's number"), 40018
    ),
    Reason.OFFLINE: _error("network error"),
    Reason.DNS_FAILURE: _error("network error"),
    Reason.CONNECTION_REFUSED: _error("network error"),
    Reason.CONNECTION_RESET: _error("network error"),
    Reason.NETWORK_CHANGED: _error("network error"),
    Reason.TLS_FAILURE: _error("network error"),
    Reason.TIMEOUT: _error(
        "timeout", _inferred(_UPLOAD, note="text as on Feishu, of the same engine family")
    ),
    Reason.ABORTED: _error("abort"),
    Reason.INTERRUPTED_BACKGROUND: _error(
        "app in background",
        _inferred(_NETWORK, note="the page's words; the number is the file manager's"),
    ),
    Reason.TOO_MANY_REDIRECTS: _error("network error"),
    Reason.BAD_RESPONSE: _error("network error"),
    Reason.INTERNAL: _error("internal error"),
}

_ASK = _documented(_REQUEST)
_UNSAID = _inferred(_REQUEST, note="not stated: as on wx-like hosts")

_METHODS = frozenset({"OPTIONS", "GET", "HEAD", "POST", "PUT", "DELETE", "TRACE", "CONNECT"})

PROFILE = Profile(
    name="tt:douyin",
    namespace="tt",
    title="Douyin",
    schema="douyin",
    version_counts="base library",
    returns="task",
    picker_returns="undefined",
    members={"abort": "call", "onProgressUpdate": "call"},
    empty=frozenset({"undefined", "null", ""}),
    mismatch="fail",
    problem="params.{key} should be {type}",
    problems="first",
    fixed_timeout=60_000,
    max_timeout=60_000,
    schemes=frozenset({"https"}),
    # Content-Type is the third one; `content_type` says so, because typings disagree.
    forbidden_headers=frozenset({"referer", "user-agent"}),
    referer="https://tmaservice.developer.toutiao.com/?appid={appid}&version={version}",
    user_agent="ToutiaoMicroApp webview",
    limit=5,
    overflow="queue",
    background_calls="refused",
    success=("data", "statusCode", "errMsg", "profile"),
    fail=("errMsg", "errNo"),
    code_key="errNo",
    profile_fields=("domainLookupStart",),
    older={"2.42.0": {"request": {"methods": _METHODS}}},
    texts=_TEXTS,
    request=RequestProfile(
        members={"abort": "call"},
        without_effect=frozenset({"enableCache"}),
        fixed_timeout=60_000,
        max_timeout=60_000,
        limit=15,
        success=("statusCode", "header", "data", "errMsg", "profile"),
        fail=("errMsg", "errNo"),
        texts=dict.fromkeys(
            (Reason.MISSING_FILE, Reason.NOT_A_FILE, Reason.UNREADABLE_FILE, Reason.OVER_SIZE),
            Never("a request sends no file"),
        ),
        methods=_METHODS | {"PATCH"},
        sources={
            "returns": _documented(_OLD_REQUEST, "2020-02-11"),
            "members": _documented(_OLD_REQUEST, "2020-02-11"),
            "option_aliases": _documented(_REQUEST, note="by absence: the page lists none"),
            "without_effect": _inferred(_REQUEST, note="no request is cached here"),
            "fixed_timeout": _documented(_NETWORK),
            "zero_timeout": _inferred(_NETWORK, note="not stated: zero is no time"),
            "max_timeout": _ASK,
            "content_type": _documented(_REQUEST, note="the content-type decides how data is sent"),
            "limit": _inferred(_GAME_NETWORK, note="unknown for mini apps; mini games have 15"),
            "overflow": _inferred(_LIVE, note="unknown for requests: queued, as for uploads"),
            "success": _documented(
                _OLD_REQUEST, "2020-02-11", "profile by the newer page; errMsg is everywhere"
            ),
            "fail": _documented(_ERRORS),
            "status_code": _documented(_OLD_REQUEST, "2020-02-11"),
            "headers_keys": _inferred(_REQUEST, note="no such event exists"),
            "header_option": _ASK,
            "methods": _documented(_REQUEST, note="PATCH from base library 2.42.0"),
            "other_methods": _inferred(_REQUEST, note="not stated: as a bad parameter"),
            "default_type": _ASK,
            "typed": _inferred(_REQUEST, note="the page names no exception"),
            "query_lists": _UNSAID,
            "query_nothing": _UNSAID,
            "other_types": _documented(_REQUEST, note="any other object is sent as JSON"),
            "data_types": _ASK,
            "any_case": _UNSAID,
            "answered": _inferred(_NETWORK, note="any status goes to success"),
            "cookie_list": _inferred(_REQUEST, note="no cookies are handed out"),
        },
    ),
    paths=Paths(
        temp="ttfile://temp/{hex32}{ext}",
        saved="ttfile://user/{hex32}{ext}",
        user="ttfile://user/{name}",
        package=("/", ""),
    ),
    pickers={
        "chooseImage": Picker(
            result=("tempFilePaths", "tempFiles", "errMsg"),
            item=("path", "size"),
            cancelled=Text("chooseImage:fail cancel", None, _documented(_CHOOSE)),
            source=_documented(_CHOOSE, note="the typings declare tempFilePaths as a plain string"),
            max_count=60,
        )
    },
    device=device.PHONE,
    sources=_SOURCES,
)
