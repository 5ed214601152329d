"""
Feishu `tt.uploadFile`: five uploads at a time and a `trace` id in every answer and on the wire.

The empty string counts as absent, every option of a wrong type stops the call, there is no
`timeout`, and the task has two members only. The namespace is shared with Douyin, the rules not.
"""

from __future__ import annotations

from functools import partial

from bridge.profile import Never, Paths, Picker, Profile, RequestProfile, Source, Text
from bridge.reasons import Reason
from platforms.devices import feishu as device

_DOCS = "open.feishu.cn/document/client-docs/gadget/-web-app-api"
_UPLOAD = f"{_DOCS}/network/upload/uploadfile"
_TASK = f"{_DOCS}/network/upload/uploadtask/onprogressupdate"
_TRACE = f"{_DOCS}/network/initiating-request/http-request-full-link-tracing"
_REQUEST = f"{_DOCS}/network/initiating-request/request"
_OLD_REQUEST = "w3cschool.cn/microapp/microapp-9acf3661.html"
_DOWNLOAD = f"{_DOCS}/network/download/downloadfile"
_ERRNO = f"{_DOCS}/errno"
_CHOOSE = f"{_DOCS}/media/image/chooseimage"
_UPLOAD_2022 = "open.larksuite.com/document/uYjL24iN/uYDMx4iNwEjL2ATM"
_STANDARD = "open.larksuite.com/document/uYjL24iN/ukzNy4SO3IjL5cjM"
_BYTEDANCE = "microapp.bytedance.com/docs/zh-CN/mini-app/develop/guide/basic-ability/network/"
_AS_OF = "2025-01-21"
_ERRNO_AS_OF = "2025-04-15"

_documented = partial(Source, "documented")
_inferred = partial(Source, "inferred")

_PAGE = _documented(_UPLOAD, _AS_OF)
_SILENT = _documented(_UPLOAD, _AS_OF, "by absence: the page lists none")
_UNUSED = _inferred(_UPLOAD, _AS_OF, "the page lists nothing of the kind")
_NO_LIST = _inferred(
    _UPLOAD, _AS_OF, "no domain list is mentioned: judged only if a test gives one"
)

_SOURCES = {
    "returns": _PAGE,
    "after_bad_parameter": _inferred(_UPLOAD, _AS_OF, "not stated: a task that has already failed"),
    "picker_returns": _inferred(_CHOOSE, "2025-08-01", "the page shows callbacks only"),
    "members": _PAGE,
    "off_without_function": _inferred(_UPLOAD, _AS_OF, "no off member exists"),
    "duplicate_listeners": _inferred(_TASK, _AS_OF, "not stated: kept once, as on wx-like hosts"),
    "option_aliases": _SILENT,
    "empty": _documented(
        _UPLOAD, _AS_OF, "stated for optional ones; that required ones fail follows"
    ),
    "mismatch": _PAGE,
    "problem": _inferred(
        _ERRNO, _ERRNO_AS_OF, "no text is published; the dictionary's names no option"
    ),
    "missing": _inferred(
        _ERRNO, _ERRNO_AS_OF, "no text is published; the dictionary's names no option"
    ),
    "problems": _inferred(_ERRNO, _ERRNO_AS_OF, "the text names no option"),
    "file_type": _SILENT,
    "fixed_timeout": _inferred(_BYTEDANCE, note="no default is stated; the sister page has 60 s"),
    "zero_timeout": _inferred(_UPLOAD, _AS_OF, "the caller cannot set one"),
    "max_timeout": _inferred(_UPLOAD, _AS_OF, "the caller cannot set one"),
    "max_size": _inferred(_UPLOAD, _AS_OF, "no limit is known"),
    "schemes": _PAGE,
    "page_origin": _inferred(_UPLOAD, _AS_OF, "a gadget's page has no address to resolve against"),
    "domain_lists": _NO_LIST,
    "domain_match": _NO_LIST,
    "domain_ports": _NO_LIST,
    "domain_check": _NO_LIST,
    "local_addresses": _NO_LIST,
    "recheck_redirects": _NO_LIST,
    "max_redirects": _inferred(_UPLOAD, _AS_OF, "no number is published"),
    "check_cors": _inferred(_UPLOAD, _AS_OF, "gadgets only, not web apps: no browser in between"),
    "forbidden_headers": _documented(
        _TRACE, "2023-08-31", "referer by the upload page; the other two are the engine's own"
    ),
    "refused_headers": _UNUSED,
    "content_type": _PAGE,
    "referer": _inferred(_REQUEST, _AS_OF, "given for tt.request; the same engine sends uploads"),
    "user_agent": _inferred(
        _BYTEDANCE, note="Douyin's form with the mark Lark, without its unknown values"
    ),
    "cookies": _inferred(_UPLOAD, _AS_OF, "no jar is mentioned"),
    "trace_headers": _documented(
        _TRACE, "2023-08-31", "the request page spells one x-tt-log-id and adds x-request-id-op"
    ),
    "limit": _PAGE,
    "background_seconds": _inferred(_ERRNO, _ERRNO_AS_OF, "not stated: what is sent goes on"),
    "background_calls": _inferred(
        _ERRNO, _ERRNO_AS_OF, "112 is for what cannot be called there; taken for uploads too"
    ),
    "overflow": _inferred(
        _UPLOAD, _AS_OF, "not stated: queued, so that sound apps go on; a sister product fails"
    ),
    "success": _PAGE,
    "fail": _documented(_UPLOAD, _AS_OF, "the 2022 page has data and statusCode instead of trace"),
    "message_key": _documented(_STANDARD, "2023-02-14"),
    "code_key": _documented(_ERRNO, _ERRNO_AS_OF, "a page of 2023 calls it errCode"),
    "errno": _documented(
        _UPLOAD, _AS_OF, "`may contain`; success has none, whatever the dictionary says"
    ),
    "status_code": _documented(_UPLOAD, _AS_OF, "downloadFile's failed sample has a string"),
    "header_case": _inferred(_UPLOAD, _AS_OF, "no header reaches the logic"),
    "headers_event": _inferred(_UPLOAD, _AS_OF, "no such event exists"),
    "headers_keys": _inferred(_UPLOAD, _AS_OF, "no such event exists"),
    "progress_names": _documented(_TASK, _AS_OF),
    "progress_rounding": _inferred(_TASK, _AS_OF, "not stated: open containers floor"),
    "profile_fields": _SILENT,
    "since": _documented(_UPLOAD, _AS_OF, "errno is planned `from V5.15` by the errno page"),
    "until": _documented(
        _UPLOAD_2022, "2022-06-15", "that the newer shape replaced it is a reading"
    ),
    "filename": _inferred(
        _UPLOAD, _AS_OF, "not stated: the last segment of the path, as on WeChat"
    ),
    "paths": _inferred(
        f"{_DOCS}/file/file-system.md",
        note="forms documented; saved lies in user, and that upload takes package files is a guess;"
        " 213 `Is invalid filePath` may be for other forms",
    ),
}


def _dictionary(text: str, code: int) -> Text:
    note = "no text is published for uploads; the errno dictionary's entry that fits"
    return Text(f"uploadFile:fail {text}", code, _inferred(_ERRNO, _ERRNO_AS_OF, note))


_BAD_URL = Text(
    "uploadFile:fail 不支持的URL",
    307,
    _inferred(_DOWNLOAD, _AS_OF, "downloadFile's text; the number may as well be 104"),
)

_TEXTS: dict[Reason, Text | Never] = {
    Reason.BAD_PARAMETER: _dictionary("invalid parameter", 104),
    Reason.MISSING_FILE: _dictionary("File does not exist", 203),
    Reason.NOT_A_FILE: _dictionary("Is not file", 207),
    Reason.UNREADABLE_FILE: _dictionary("No read permission", 201),
    Reason.OVER_SIZE: _dictionary("Data to read exceeds size limit", 210),
    Reason.BAD_URL: _BAD_URL,
    Reason.UNSUPPORTED_SCHEME: _BAD_URL,
    Reason.DOMAIN_NOT_LISTED: _dictionary("API call prohibited", 110),
    Reason.OVER_LIMIT: _dictionary("Too many API calls", 111),
    Reason.OFFLINE: _dictionary("No network connection", 303),
    Reason.DNS_FAILURE: Text(
        'uploadFile:fail CronetError("Cronet Error: code=1 / internal_code=-105 / None")',
        305,
        _inferred(
            _REQUEST,
            _AS_OF,
            "tt.request's text; the upload page of 2022 has one like it with code=11; the number"
            " is the dictionary's",
        ),
    ),
    Reason.CONNECTION_REFUSED: _dictionary("Network failure", 305),
    Reason.CONNECTION_RESET: _dictionary("Network failure", 305),
    Reason.NETWORK_CHANGED: _dictionary("Network failure", 305),
    Reason.TLS_FAILURE: _dictionary("Network failure", 305),
    Reason.TIMEOUT: Text(
        "uploadFile:fail timeout",
        302,
        _inferred(_UPLOAD, _AS_OF, "the sample's text; the number is the dictionary's"),
    ),
    Reason.ABORTED: Text(
        "uploadFile:fail abort",
        301,
        _inferred(_ERRNO, _ERRNO_AS_OF, "text as on wx-style hosts, number of the dictionary"),
    ),
    Reason.INTERRUPTED_BACKGROUND: _dictionary("Unable to call this API in the background", 112),
    Reason.TOO_MANY_REDIRECTS: _dictionary("Network failure", 305),
    Reason.BAD_RESPONSE: _dictionary("Network failure", 305),
    Reason.INTERNAL: _dictionary("internal error", 102),
}

_ASK = _documented(_REQUEST, _AS_OF)
_SISTER = _inferred(
    _OLD_REQUEST, "2020-02-11", "of the same engine's older page; Feishu's own was not seen whole"
)
_UNSAID = _inferred(_REQUEST, _AS_OF, "not stated: as on wx-like hosts")

PROFILE = Profile(
    name="tt:feishu",
    aliases=("tt",),
    namespace="tt",
    title="Feishu",
    schema="feishu",
    version_counts="client",
    returns="task",
    picker_returns="undefined",
    members={"abort": "call", "onProgressUpdate": "call"},
    empty=frozenset({"undefined", "null", ""}),
    mismatch="fail",
    fixed_timeout=60_000,
    schemes=frozenset({"http", "https"}),
    forbidden_headers=frozenset({"referer", "x-request-id", "x-tt-logid"}),
    referer="https://tmaservice.developer.toutiao.com/?appid={appid}&version={version}",
    user_agent="Lark ToutiaoMicroApp webview",
    trace_headers=("x-request-id", "x-tt-logid"),
    limit=5,
    overflow="queue",
    background_calls="refused",
    success=("data", "statusCode", "errMsg", "trace"),
    fail=("errMsg", "trace", "errno", "data", "statusCode"),
    code_key="errno",
    since={"success.trace": "4.7.0", "fail.trace": "4.7.0", "fail.errno": "5.15"},
    until={"fail.data": "4.7.0", "fail.statusCode": "4.7.0"},
    texts=_TEXTS,
    request=RequestProfile(
        members={"abort": "call"},
        fixed_timeout=60_000,
        limit=10,
        success=("statusCode", "header", "data", "errMsg", "trace"),
        fail=("errMsg", "trace", "errno"),
        since={"success.trace": "4.7.0", "fail.trace": "4.7.0", "fail.errno": "5.15"},
        texts=dict.fromkeys(
            (Reason.MISSING_FILE, Reason.NOT_A_FILE, Reason.UNREADABLE_FILE, Reason.OVER_SIZE),
            Never("a request sends no file"),
        ),
        methods=frozenset({"GET", "POST", "PUT", "HEAD", "DELETE"}),
        sources={
            "returns": _SISTER,
            "members": _SISTER,
            "option_aliases": _inferred(_REQUEST, _AS_OF, "no other spelling is listed"),
            "fixed_timeout": _inferred(_BYTEDANCE, note="the sister page's 60 s"),
            "zero_timeout": _inferred(_REQUEST, _AS_OF, "the caller cannot set one"),
            "max_timeout": _inferred(_REQUEST, _AS_OF, "the caller cannot set one"),
            "content_type": _documented(
                _REQUEST, _AS_OF, "the content-type decides how data is sent"
            ),
            "limit": _ASK,
            "overflow": _inferred(_REQUEST, _AS_OF, "not stated: queued, as for uploads"),
            "success": _documented(
                _REQUEST, _AS_OF, "the sample's keys; their order is the sister page's"
            ),
            "fail": _documented(
                _REQUEST, _AS_OF, "errMsg and trace; errno by the errno page, as on uploads"
            ),
            "status_code": _ASK,
            "headers_keys": _inferred(_REQUEST, _AS_OF, "no such event exists"),
            "since": _documented(_TRACE, "2023-08-31", "errno is planned `from V5.15`"),
            "header_option": _ASK,
            "methods": _ASK,
            "other_methods": _inferred(_REQUEST, _AS_OF, "not stated: as a bad parameter"),
            "default_type": _ASK,
            "typed": _inferred(_REQUEST, _AS_OF, "the page names no exception"),
            "query_lists": _UNSAID,
            "query_nothing": _UNSAID,
            "other_types": _UNSAID,
            "data_types": _SISTER,
            "any_case": _UNSAID,
            "answered": _inferred(_REQUEST, _AS_OF, "no answer is a failure"),
            "cookie_list": _inferred(_REQUEST, _AS_OF, "no cookies are handed out"),
        },
    ),
    paths=Paths(
        temp="ttfile://temp/{ms}{ext}",
        saved="ttfile://user/{hex32}{ext}",
        user="ttfile://user/{name}",
        package=("./", "/", ""),
    ),
    pickers={
        "chooseImage": Picker(
            result=("tempFilePaths", "tempFiles", "errMsg"),
            item=("path", "size"),
            cancelled=Text(
                "chooseImage:fail User canceled the operation",
                1300001,
                _inferred(
                    _ERRNO, _ERRNO_AS_OF, "the number is listed, the text's tail is not shown"
                ),
            ),
            source=_documented(_CHOOSE, "2025-08-01"),
            max_count=20,
        )
    },
    device=device.PHONE,
    sources=_SOURCES,
)
