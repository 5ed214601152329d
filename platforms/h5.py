"""
uni-app on H5: a browser page uploads by XMLHttpRequest, so CORS rules and no domain list does.

Wrong options are only warned about, the two headers members throw, a listener added twice runs
twice, and a caller's Content-Type reaches the wire, where it breaks the body.
"""

from __future__ import annotations

from functools import partial

from bridge.profile import Never, Paths, Picker, Profile, RequestProfile, Source, Text
from bridge.reasons import Reason
from platforms.devices import h5 as device

_CODE = "dcloudio/uni-app packages/uni-h5/src/service/api/network/uploadFile.ts"
_REQUEST = "dcloudio/uni-app packages/uni-h5/src/service/api/network/request.ts"
_PROTOCOL = "dcloudio/uni-app packages/uni-api/src/protocols/network/request.ts"
_CHOOSE = "dcloudio/uni-app packages/uni-h5/src/service/api/media/chooseImage.ts"
_CHOOSE_PROTOCOL = "dcloudio/uni-app packages/uni-api/src/protocols/media/chooseImage.ts"
_CALLS = "dcloudio/uni-app packages/uni-api/src/helpers/api/index.ts"
_PROMISE = "dcloudio/uni-app packages/uni-api/src/helpers/api/promise.ts"
_CHECKS = "dcloudio/uni-app packages/uni-api/src/helpers/protocol.ts"
_MANIFEST = "dcloudio/uni-app packages/uni-cli-shared/src/json/manifest.ts"
_DOCS = "uniapp.dcloud.net.cn/api/request/network-file.html"
_FETCH = "fetch.spec.whatwg.org"
_XHR = "xhr.spec.whatwg.org"
_AS_OF = "2026-04"
_DOCS_AS_OF = "2026-08-21"

_documented = partial(Source, "documented")
_seen = partial(Source, "seen_in_code", date=_AS_OF)
_inferred = partial(Source, "inferred", date=_AS_OF)

_READ = _seen(_CODE, note="read in the Vue 3 release branch")
_WARNS = _seen(_CHECKS, note="Vue 3 warns in development builds and goes on; Vue 2 fails")
_NO_LIST = _documented(_DOCS, _DOCS_AS_OF, "the list is for mini-programs; a browser has CORS")
_UNUSED = _inferred(_CODE, note="the code does nothing of the kind")

_SOURCES = {
    "returns": _READ,
    "after_bad_parameter": _WARNS,
    "picker_returns": _seen(_PROMISE, note="a Promise where no callback is given"),
    "members": _seen(_CODE, note="Vue 2 lacks the two headers members altogether"),
    "off_without_function": _READ,
    "duplicate_listeners": _READ,
    "option_aliases": _READ,
    "empty": _seen(_CHECKS, note="both are accepted for an optional option"),
    "mismatch": _WARNS,
    "problem": _WARNS,
    "missing": _WARNS,
    "problems": _WARNS,
    "file_type": _documented(_DOCS, _DOCS_AS_OF, "for Alipay only"),
    "fixed_timeout": _seen(_MANIFEST, note="networkTimeout.uploadFile of the manifest"),
    "zero_timeout": _seen(_CODE, note="starts a timer with whatever is given"),
    "max_timeout": _READ,
    "max_size": _READ,
    "schemes": _inferred(
        _CODE, note="what a browser's XMLHttpRequest takes and a server can answer"
    ),
    "page_origin": _inferred(_CODE, note="the usual address of the development server"),
    "domain_lists": _NO_LIST,
    "domain_match": _NO_LIST,
    "domain_ports": _NO_LIST,
    "domain_check": _NO_LIST,
    "local_addresses": _NO_LIST,
    "recheck_redirects": _NO_LIST,
    "max_redirects": _documented(_FETCH),
    "check_cors": _documented(_FETCH),
    "forbidden_headers": _documented(
        _FETCH, note="a browser refuses aloud, see refused_headers; uni's page names Referer only"
    ),
    "refused_headers": _documented(
        _FETCH, note="the forbidden request-headers; of the prefixes proxy- and sec- a few names"
    ),
    "content_type": _seen(_CODE, note="set as given, so without a boundary the body is unreadable"),
    "referer": _inferred(_CODE, note="the page's own address"),
    "user_agent": _inferred(_CODE, note="the browser's own, whichever that is"),
    "cookies": _inferred(
        _CODE, note="a cross-origin XMLHttpRequest without credentials sends none"
    ),
    "trace_headers": _UNUSED,
    "limit": _inferred(_CODE, note="none in the code; browsers open about six connections a host"),
    "background_seconds": _inferred(_CODE, note="the code has no background rule"),
    "background_calls": _inferred(_CODE, note="the code has no background rule"),
    "overflow": _inferred(_CODE, note="without a limit nothing waits or is refused"),
    "success": _seen(_CODE, note="Vue 2 has no header"),
    "fail": _seen(_CALLS, note="builds other than uni-app x delete errCode"),
    "message_key": _seen(_CALLS, note="errMsg in every result"),
    "code_key": _seen(_CALLS, note="builds other than uni-app x delete errCode"),
    "errno": _seen(_CALLS, note="builds other than uni-app x delete errCode"),
    "status_code": _READ,
    "header_case": _seen(_CODE, note="as the browser hands them over"),
    "headers_event": _seen(_CODE, note="no such event is ever sent"),
    "headers_keys": _seen(_CODE, note="no such event is ever sent"),
    "progress_names": _READ,
    "progress_rounding": _READ,
    "profile_fields": _READ,
    "filename": _seen(_CODE, note="the File's own name; a nameless one is called file-<ms> there"),
    "paths": _inferred(
        _CODE,
        note="blob:, data: and fetched page paths read in code; there are no saved or user files",
    ),
}

_FILE_ERROR = Text("uploadFile:fail file error", None, _READ)
_BARE = Text("uploadFile:fail", None, _seen(_CODE, note="one text for every network failure"))
_BARE_GUESS = Text(
    "uploadFile:fail", None, _inferred(_CODE, note="taken as the network failure it becomes")
)

_TEXTS: dict[Reason, Text | Never] = {
    Reason.BAD_PARAMETER: Never("Vue 3 only warns about wrong options and goes on"),
    Reason.MISSING_FILE: _FILE_ERROR,
    Reason.NOT_A_FILE: _FILE_ERROR,
    Reason.UNREADABLE_FILE: _FILE_ERROR,
    Reason.OVER_SIZE: Never("a browser uploads files of any size"),
    Reason.BAD_URL: _BARE_GUESS,
    Reason.UNSUPPORTED_SCHEME: _BARE_GUESS,
    Reason.DOMAIN_NOT_LISTED: Never("a browser has CORS, not a domain list"),
    Reason.OVER_LIMIT: Never("the code sets no limit"),
    Reason.OFFLINE: _BARE,
    Reason.DNS_FAILURE: _BARE,
    Reason.CONNECTION_REFUSED: _BARE,
    Reason.CONNECTION_RESET: _BARE,
    Reason.NETWORK_CHANGED: _BARE_GUESS,
    Reason.TLS_FAILURE: _BARE,
    Reason.TIMEOUT: Text("uploadFile:fail timeout", None, _READ),
    Reason.ABORTED: Text("uploadFile:fail abort", None, _READ),
    Reason.INTERRUPTED_BACKGROUND: _BARE_GUESS,
    Reason.TOO_MANY_REDIRECTS: _BARE_GUESS,
    Reason.BAD_RESPONSE: _BARE_GUESS,
    Reason.INTERNAL: _BARE_GUESS,
}

_ASKED = _seen(_REQUEST, note="read in the Vue 3 release branch")
_FORMATTED = _seen(_PROTOCOL, note="read in the Vue 3 release branch")
_REQUEST_SOURCES = {
    "returns": _ASKED,
    "members": _ASKED,
    "option_aliases": _ASKED,
    "without_effect": _inferred(
        _REQUEST, note="the jar stays out, as for a cross-origin page without credentials"
    ),
    "fixed_timeout": _seen(_MANIFEST, note="networkTimeout.request of the manifest"),
    "zero_timeout": _seen(_REQUEST, note="starts a timer with whatever is given"),
    "max_timeout": _ASKED,
    "content_type": _ASKED,
    "limit": _inferred(_REQUEST, note="none in the code"),
    "overflow": _inferred(_REQUEST, note="without a limit nothing waits or is refused"),
    "success": _ASKED,
    "fail": _seen(_CALLS, note="builds other than uni-app x delete errCode"),
    "status_code": _ASKED,
    "headers_keys": _seen(_REQUEST, note="no such event is ever sent"),
    "header_option": _FORMATTED,
    "methods": _FORMATTED,
    "other_methods": _FORMATTED,
    "forbidden_methods": _documented(
        _XHR, note="open() throws a SecurityError; TRACK, the third one, is GET by other_methods"
    ),
    "default_type": _FORMATTED,
    "typed": _FORMATTED,
    "query_lists": _FORMATTED,
    "query_nothing": _FORMATTED,
    "other_types": _ASKED,
    "data_types": _FORMATTED,
    "any_case": _FORMATTED,
    "answered": _inferred(_REQUEST, note="no answer is a failure"),
    "cookie_list": _ASKED,
}

PROFILE = Profile(
    name="h5",
    namespace="uni",
    title="uni-app on H5",
    schema="h5",
    version_counts="HBuilderX",
    layers_only=True,
    returns="task",
    picker_returns="promise",
    members={
        "abort": "call",
        "onProgressUpdate": "call",
        "offProgressUpdate": "call",
        "onHeadersReceived": "throw:Method not implemented.",
        "offHeadersReceived": "throw:Method not implemented.",
    },
    off_without_function="ignore",
    duplicate_listeners="twice",
    empty=frozenset({"undefined", "null"}),
    mismatch="warn",
    fixed_timeout=60_000,
    zero_timeout="at once",
    schemes=frozenset({"http", "https"}),
    page_origin="http://localhost:8080",
    domain_check="skipped",
    max_redirects=20,
    check_cors=True,
    forbidden_headers=frozenset(),
    refused_headers=frozenset(
        {
            "accept-charset",
            "accept-encoding",
            "access-control-request-headers",
            "access-control-request-method",
            "connection",
            "content-length",
            "cookie",
            "cookie2",
            "date",
            "dnt",
            "expect",
            "host",
            "keep-alive",
            "origin",
            "proxy-authorization",
            "proxy-connection",
            "referer",
            "sec-fetch-dest",
            "sec-fetch-mode",
            "sec-fetch-site",
            "set-cookie",
            "te",
            "trailer",
            "transfer-encoding",
            "upgrade",
            "via",
        }
    ),
    content_type="caller",
    referer="http://localhost:8080/",
    limit=None,
    success=("statusCode", "data", "header", "errMsg"),
    fail=("errMsg",),
    header_case="lower",
    progress_rounding="round",
    texts=_TEXTS,
    request=RequestProfile(
        members={
            "abort": "call",
            "onHeadersReceived": "throw:Method not implemented.",
            "offHeadersReceived": "throw:Method not implemented.",
        },
        without_effect=frozenset({"withCredentials"}),
        fixed_timeout=60_000,
        zero_timeout="at once",
        limit=None,
        success=("data", "statusCode", "header", "cookies", "errMsg"),
        fail=("errMsg",),
        texts=dict.fromkeys(
            (Reason.MISSING_FILE, Reason.NOT_A_FILE, Reason.UNREADABLE_FILE),
            Never("a request sends no file"),
        ),
        methods=frozenset({"GET", "OPTIONS", "HEAD", "POST", "PUT", "DELETE", "TRACE", "CONNECT"}),
        other_methods="GET",
        forbidden_methods=frozenset({"TRACE", "CONNECT"}),
        unknown_method=Text(
            "request:fail",
            None,
            _inferred(_REQUEST, note="a failure here; there the browser's error is thrown"),
        ),
        typed="not GET",
        query_lists="text",
        query_nothing="empty",
        other_types="text",
        any_case=True,
        cookie_list="empty",
        sources=_REQUEST_SOURCES,
    ),
    filename="original",
    paths=Paths(
        temp="blob:http://localhost:8080/{uuid}",
        saved="blob:http://localhost:8080/{uuid}",
        user="blob:http://localhost:8080/{uuid}",
        package=("./", "/", ""),
        data_urls=True,
    ),
    pickers={
        "chooseImage": Picker(
            result=("tempFilePaths", "tempFiles", "errMsg"),
            item=("path", "size", "name"),
            cancelled=Text(
                "chooseImage:fail cancel", None, _seen(_CHOOSE, note="read in the code")
            ),
            source=_seen(_CHOOSE, note="items are File objects there, plain objects here"),
            empty_lists={
                "extension": Text(
                    "chooseImage:fail param extension should not be empty.",
                    None,
                    _seen(_CHOOSE_PROTOCOL, note="read in the code"),
                )
            },
        )
    },
    device=device.BROWSER,
    sources=_SOURCES,
)
