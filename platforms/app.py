"""
uni-app's App: uploads by the native `plus.uploader`, and nearly every failure reads the same.

Wrong options are only warned about, the two headers members do nothing, and there is neither a
domain list nor CORS. The engine itself is not public, so its limits are inferred.
"""

from __future__ import annotations

from functools import partial

from bridge.profile import Never, Paths, Picker, Profile, RequestProfile, Source, Text
from bridge.reasons import Reason
from platforms.devices import h5 as device

_CODE = "dcloudio/uni-app packages/uni-app-plus/src/service/api/network/uploadFile.ts"
_CODE_VUE2 = "dcloudio/uni-app src/platforms/app-plus/service/api/network/upload-file.js"
_REQUEST = "dcloudio/uni-app packages/uni-app-plus/src/service/api/network/request.ts"
_PROTOCOL = "dcloudio/uni-app packages/uni-api/src/protocols/network/request.ts"
_REQUEST_DOCS = "uniapp.dcloud.net.cn/api/request/request.html"
_CHOOSE = "dcloudio/uni-app packages/uni-app-plus/src/service/api/media/chooseImage.ts"
_PATHS = "dcloudio/uni-app packages/uni-app-plus/src/service/api/constants.ts"
_CALLS = "dcloudio/uni-app packages/uni-api/src/helpers/api/index.ts"
_PROMISE = "dcloudio/uni-app packages/uni-api/src/helpers/api/promise.ts"
_CHECKS = "dcloudio/uni-app packages/uni-api/src/helpers/protocol.ts"
_DOCS = "uniapp.dcloud.net.cn/api/request/network-file.html"
_ENGINE = "shouce.ren/api/html5plus/doc/uploader.html"
_AS_OF = "2026-04"
_DOCS_AS_OF = "2026-08-21"

_documented = partial(Source, "documented")
_seen = partial(Source, "seen_in_code", date=_AS_OF)
_reported = partial(Source, "reported")
_inferred = partial(Source, "inferred", date=_AS_OF)

_READ = _seen(_CODE, note="read in the Vue 3 release branch")
_WARNS = _seen(_CHECKS, note="Vue 3 warns in development builds and goes on; Vue 2 fails")
_NO_LIST = _documented(_DOCS, _DOCS_AS_OF, "the list is for mini-program targets only")
_ENGINE_OWN = _inferred(_CODE, note="left to the native engine, of which no more is published")
_UNUSED = _inferred(_CODE, note="the code does nothing of the kind")

_SOURCES = {
    "returns": _READ,
    "after_bad_parameter": _WARNS,
    "picker_returns": _seen(_PROMISE, note="a Promise where no callback is given"),
    "members": _seen(_CODE, note="the two headers members are empty functions"),
    "off_without_function": _READ,
    "duplicate_listeners": _READ,
    "option_aliases": _READ,
    "empty": _seen(_CHECKS, note="both are accepted for an optional option"),
    "mismatch": _WARNS,
    "problem": _WARNS,
    "missing": _WARNS,
    "problems": _WARNS,
    "file_type": _documented(_DOCS, _DOCS_AS_OF, "for Alipay only"),
    "fixed_timeout": _seen(_CODE, note="the manifest's value or 60 s; zero means the same"),
    "zero_timeout": _seen(_CODE, note="the manifest's value or 60 s; zero means the same"),
    "max_timeout": _ENGINE_OWN,
    "max_size": _ENGINE_OWN,
    "schemes": _reported(_ENGINE, note="a copy of the engine's manual names http and https"),
    "page_origin": _inferred(_CODE, note="an App has no address to resolve against"),
    "domain_lists": _NO_LIST,
    "domain_match": _NO_LIST,
    "domain_ports": _NO_LIST,
    "domain_check": _NO_LIST,
    "local_addresses": _NO_LIST,
    "recheck_redirects": _NO_LIST,
    "max_redirects": _ENGINE_OWN,
    "check_cors": _inferred(_CODE, note="a native engine uploads, not a web page"),
    "forbidden_headers": _documented(_DOCS, _DOCS_AS_OF),
    "refused_headers": _UNUSED,
    "content_type": _inferred(_CODE, note="the engine builds the body, so the boundary is its own"),
    "referer": _ENGINE_OWN,
    "user_agent": _inferred(_CODE, note="the web view's, whichever that is"),
    "cookies": _ENGINE_OWN,
    "trace_headers": _UNUSED,
    "limit": _inferred(_CODE, note="none in the code"),
    "background_seconds": _inferred(_CODE, note="the code has no background rule"),
    "background_calls": _inferred(_CODE, note="the code has no background rule"),
    "overflow": _inferred(_CODE, note="without a limit nothing waits or is refused"),
    "success": _READ,
    "fail": _seen(_CALLS, note="builds other than uni-app x delete errCode"),
    "message_key": _seen(_CALLS, note="errMsg in every result"),
    "code_key": _seen(_CALLS, note="builds other than uni-app x delete errCode"),
    "errno": _seen(_CALLS, note="builds other than uni-app x delete errCode"),
    "status_code": _READ,
    "header_case": _seen(_CODE, note="no header reaches the logic"),
    "headers_event": _seen(_CODE, note="no such event is ever sent"),
    "headers_keys": _seen(_CODE, note="no such event is ever sent"),
    "progress_names": _READ,
    "progress_rounding": _seen(_CODE, note="parseInt; sent only when both counts are non-zero"),
    "profile_fields": _READ,
    "filename": _ENGINE_OWN,
    "paths": _inferred(
        _PATHS, note="the temp form is read in code; saved, user and package guessed"
    ),
}

_STATUS_0 = Text(
    "uploadFile:fail statusCode: 0",
    None,
    _seen(_CODE, note="Vue 2 says `uploadFile:fail undefined`"),
)
_STATUS_0_GUESS = Text(
    "uploadFile:fail statusCode: 0",
    None,
    _inferred(_CODE, note="taken as a failure without status"),
)

_TEXTS: dict[Reason, Text | Never] = {
    Reason.BAD_PARAMETER: Never("Vue 3 only warns about wrong options and goes on"),
    Reason.MISSING_FILE: _STATUS_0_GUESS,
    Reason.NOT_A_FILE: _STATUS_0_GUESS,
    Reason.UNREADABLE_FILE: _STATUS_0_GUESS,
    Reason.OVER_SIZE: Never("no size limit is known"),
    Reason.BAD_URL: _STATUS_0_GUESS,
    Reason.UNSUPPORTED_SCHEME: _STATUS_0_GUESS,
    Reason.DOMAIN_NOT_LISTED: Never("an App has no domain list"),
    Reason.OVER_LIMIT: Never("the code sets no limit"),
    Reason.OFFLINE: _STATUS_0,
    Reason.DNS_FAILURE: _STATUS_0,
    Reason.CONNECTION_REFUSED: _STATUS_0,
    Reason.CONNECTION_RESET: _STATUS_0,
    Reason.NETWORK_CHANGED: _STATUS_0_GUESS,
    Reason.TLS_FAILURE: _STATUS_0,
    Reason.TIMEOUT: _STATUS_0,
    Reason.ABORTED: Text(
        "uploadFile:fail abort",
        None,
        _inferred(_CODE_VUE2, date="2026", note="Vue 2's text; Vue 3 is unknown"),
    ),
    Reason.INTERRUPTED_BACKGROUND: _STATUS_0_GUESS,
    Reason.TOO_MANY_REDIRECTS: _STATUS_0_GUESS,
    Reason.BAD_RESPONSE: _STATUS_0_GUESS,
    Reason.INTERNAL: _STATUS_0_GUESS,
}

_ASKED = _seen(_REQUEST, note="read in the Vue 3 release branch")
_FORMATTED = _seen(_PROTOCOL, note="read in the Vue 3 release branch")
_REQUEST_SOURCES = {
    "returns": _ASKED,
    "members": _ASKED,
    "option_aliases": _ASKED,
    "without_effect": _inferred(
        _REQUEST, note="certificates are verified, and addresses tried in the system's order"
    ),
    "fixed_timeout": _documented(
        _REQUEST_DOCS, _DOCS_AS_OF, "the Vue 3 code leaves 600 s to the engine where none is given"
    ),
    "zero_timeout": _inferred(_REQUEST, note="as for uploads: zero is no time"),
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
    "default_type": _FORMATTED,
    "typed": _FORMATTED,
    "query_lists": _FORMATTED,
    "query_nothing": _FORMATTED,
    "other_types": _ASKED,
    "data_types": _FORMATTED,
    "any_case": _FORMATTED,
    "answered": _inferred(_REQUEST, note="no answer is a failure"),
    "cookie_list": _seen(
        _REQUEST, note="the code splits one joined header, which comes to the same"
    ),
}

_ENDED = Text(
    "request:fail abort statusCode:-1",
    None,
    _seen(_REQUEST, note="the form; -1 is what app code compares with, a native text may follow"),
)
_ENDED_GUESS = Text(
    "request:fail abort statusCode:-1",
    None,
    _inferred(_REQUEST, note="taken as a failure without status"),
)
_REQUEST_TEXTS: dict[Reason, Text | Never] = {
    **dict.fromkeys(
        (Reason.MISSING_FILE, Reason.NOT_A_FILE, Reason.UNREADABLE_FILE),
        Never("a request sends no file"),
    ),
    **dict.fromkeys(
        (
            Reason.OFFLINE,
            Reason.DNS_FAILURE,
            Reason.CONNECTION_REFUSED,
            Reason.CONNECTION_RESET,
            Reason.TLS_FAILURE,
        ),
        _ENDED,
    ),
    **dict.fromkeys(
        (
            Reason.BAD_URL,
            Reason.UNSUPPORTED_SCHEME,
            Reason.INTERRUPTED_BACKGROUND,
            Reason.NETWORK_CHANGED,
            Reason.TOO_MANY_REDIRECTS,
            Reason.BAD_RESPONSE,
            Reason.INTERNAL,
        ),
        _ENDED_GUESS,
    ),
    Reason.TIMEOUT: Text("request:fail timeout", None, _ASKED),
    Reason.ABORTED: Text("request:fail abort", None, _ASKED),
}

PROFILE = Profile(
    name="app",
    namespace="uni",
    title="uni-app as an App",
    schema="app",
    version_counts="HBuilderX",
    layers_only=True,
    returns="task",
    picker_returns="promise",
    members={
        "abort": "call",
        "onProgressUpdate": "call",
        "offProgressUpdate": "call",
        "onHeadersReceived": "noop",
        "offHeadersReceived": "noop",
    },
    off_without_function="ignore",
    duplicate_listeners="twice",
    empty=frozenset({"undefined", "null"}),
    mismatch="warn",
    fixed_timeout=60_000,
    schemes=frozenset({"http", "https"}),
    domain_check="skipped",
    forbidden_headers=frozenset({"referer"}),
    limit=None,
    success=("data", "statusCode", "errMsg"),
    fail=("errMsg",),
    texts=_TEXTS,
    request=RequestProfile(
        members={
            "abort": "call",
            "onHeadersReceived": "noop",
            "offHeadersReceived": "noop",
        },
        without_effect=frozenset({"firstIpv4", "sslVerify"}),
        fixed_timeout=60_000,
        limit=None,
        success=("data", "statusCode", "header", "cookies", "errMsg"),
        fail=("errMsg",),
        texts=_REQUEST_TEXTS,
        methods=frozenset({"GET", "OPTIONS", "HEAD", "POST", "PUT", "DELETE", "TRACE", "CONNECT"}),
        other_methods="GET",
        typed="not GET",
        query_lists="text",
        query_nothing="empty",
        any_case=True,
        sources=_REQUEST_SOURCES,
    ),
    paths=Paths(
        temp="_doc/uniapp_temp_{ms}/gallery/{name}",
        saved="_doc/uniapp_save/{ms}{ext}",
        user="_doc/{name}",
        package=("./", "/", ""),
    ),
    pickers={
        "chooseImage": Picker(
            result=("tempFilePaths", "tempFiles", "errMsg"),
            item=("path", "size"),
            cancelled=Text(
                "chooseImage:fail User cancelled",
                None,
                _reported(
                    "public app code",
                    note="out of album or camera, with a code that is not emulated; `chooseImage:"
                    "fail cancel` out of the sheet that asks which of them",
                ),
            ),
            source=_seen(_CHOOSE, note="read in the code"),
        )
    },
    device=device.APP,
    sources=_SOURCES,
)
