"""
WeChat `wx.uploadFile`: a task at once, ten uploads at a time, exact domains, an errno on failure.

A wrong parameter is the odd one out: `fail` is called and the call returns `undefined`. A phone
queues the eleventh upload; the developer tools refuse it and pass Node's own error texts on.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from types import MappingProxyType
from typing import TYPE_CHECKING

from bridge.profile import Never, Paths, Picker, Profile, RequestProfile, Source, Text
from bridge.reasons import Reason
from platforms.devices import wechat as device

if TYPE_CHECKING:
    from collections.abc import Mapping

_DOCS = "developers.weixin.qq.com/miniprogram/dev"
_UPLOAD = f"{_DOCS}/api/network/upload/wx.uploadFile.html"
_REQUEST = f"{_DOCS}/api/network/request/wx.request.html"
_HEADERS_EVENT = f"{_DOCS}/api/network/request/RequestTask.onHeadersReceived.html"
_NETWORK = f"{_DOCS}/framework/ability/network.html"
_LOCAL = f"{_DOCS}/framework/ability/mDNS.html"
_HTTPDNS = f"{_DOCS}/framework/ability/HTTPDNS.html"
_ERRNO = f"{_DOCS}/framework/usability/PublicErrno.html"
_CHANGES = f"{_DOCS}/framework/release/"
_CALLS = f"{_DOCS}/framework/app-service/api.html"
_FILES = f"{_DOCS}/framework/ability/file-system.html"
_MEDIA = f"{_DOCS}/api/media"
_FORUM = "developers.weixin.qq.com/community/develop/doc"
_AS_OF = "2026-07-30"
_LOGS = "pasted logs of public apps"
_DIMINA = "didi/dimina"
_DIMINA_AS_OF = "2026-08-22"

_documented = partial(Source, "documented", date=_AS_OF)
_reported = partial(Source, "reported")
_logged = partial(Source, "reported", _LOGS)
_inferred = partial(Source, "inferred", date=_AS_OF)
_guessed = partial(Source, "inferred", _LOGS)

_PAGE = _documented(_UPLOAD)
_SILENT = _documented(_UPLOAD, note="by absence: the page lists none")
_UNUSED = _inferred(_UPLOAD, note="the page lists nothing of the kind")
_NODE = _logged(note="the tool passes Node's error text on; no errno is seen beside it")
_TOOL_LOG = _logged(note="logs of the developer tools")

_SOURCES = {
    "returns": _documented(
        _UPLOAD, note="a task from 1.4.0; that it comes when list or file refuse the call is ours"
    ),
    "after_bad_parameter": _reported(
        "blog.csdn.net, article 137354221",
        note="chaining on the result throws there; NervJS/taro#1115 guards against it too",
    ),
    "picker_returns": _documented(_CALLS),
    "members": _PAGE,
    "off_without_function": _PAGE,
    "duplicate_listeners": _inferred(
        _DIMINA, date=_DIMINA_AS_OF, note="no source for WeChat; an open container keeps one"
    ),
    "option_aliases": _SILENT,
    "empty": _guessed(
        note="required ones fail as Undefined or Null in logs; optional ones taken as absent",
    ),
    "mismatch": _logged(
        note="required ones fail; a wrong header or formData is dropped, as weidian-inc/hera"
    ),
    "problem": _logged(
        note="two logs, the brand rule of weidian-inc/hera; options that are no object count as"
        " empty, as in didi/dimina, where hera has a text of its own"
    ),
    "missing": _logged(note="a missing option reads as one given Undefined"),
    "problems": _inferred(
        "weidian-inc/hera h5/src/service/api/utils.js",
        date="2018-06-28",
        note="the older wx-style library strings them together in the order url, filePath, name",
    ),
    "file_type": _SILENT,
    "without_effect": _inferred(
        _UPLOAD, note="uploads go over HTTP/1.1 here, so none of the three changes anything"
    ),
    "fixed_timeout": _documented(_NETWORK),
    "zero_timeout": _inferred(_NETWORK, note="not stated: zero is no time"),
    "max_timeout": _documented(
        _NETWORK, note="names no maximum; an older guide had 60 s, lifted on iOS in 2.14.0"
    ),
    "max_size": _documented(
        _UPLOAD, note="names no limit; the chunk-uploader page speaks of 10 MB (10485760)"
    ),
    "schemes": _documented(_NETWORK),
    "page_origin": _inferred(
        _NETWORK, note="a mini-program page has no address to resolve against"
    ),
    "domain_lists": _documented(_NETWORK, note="the console keeps one for each API"),
    "domain_match": _documented(_NETWORK),
    "domain_ports": _documented(_NETWORK, note="an entry without a port refuses even :443"),
    "domain_check": _documented(_NETWORK),
    "local_addresses": _documented(
        _LOCAL,
        note="in the phone's own network; here any private IPv4 address, and in the tools too",
    ),
    "recheck_redirects": _inferred(
        _CHANGES, note="said of request and downloadFile (2017-01); upload taken to follow them"
    ),
    "max_redirects": _inferred(
        _ERRNO, note="600008 proves a maximum; its number is published nowhere"
    ),
    "check_cors": _inferred(_NETWORK, note="the domain list stands where a browser has CORS"),
    "forbidden_headers": _reported(
        f"{_FORUM}/000eac98ff0988857e816f40866c00",
        date="2024-05-16",
        note="Referer by the page; User-Agent by an official reply",
    ),
    "refused_headers": _inferred(
        _UPLOAD, note="the console message is reported for tools and PC only"
    ),
    "content_type": _logged(
        note="a multipart/form-data without boundary, common in app code, works"
    ),
    "referer": _documented(_NETWORK),
    "user_agent": _logged(
        date="2024", note="an Android phone's, without the parts its log left out"
    ),
    "cookies": _inferred(_CHANGES, note="no jar is documented; callers read `cookies` themselves"),
    "trace_headers": _UNUSED,
    "limit": _documented(
        _NETWORK,
        note="counted per API by the error text's words, another reading shares the 10; Android's"
        " was raised in 3.7.4, to what is not said",
    ),
    "background_seconds": _documented(_NETWORK),
    "background_calls": _documented(_ERRNO, note="600003 is also a call made in the background"),
    "overflow": _documented(
        _UPLOAD, note="profile has queue times, so calls wait; logs to about 2021 show a refusal"
    ),
    "success": _logged(
        note="data, statusCode and profile by the page; header and errMsg from device logs"
    ),
    "fail": _logged(note="the typings know errMsg only; real failures carry errno"),
    "message_key": _documented(_CALLS),
    "code_key": _logged(note="documented for wx.request from 2.24.0"),
    "errno": _logged(note="sent wherever the error page has a number; `omit` as the typings"),
    "status_code": _PAGE,
    "header_case": _logged(date="2021-12", note="a device log with the server's spelling"),
    "headers_event": _PAGE,
    "headers_keys": _PAGE,
    "progress_names": _documented(
        _UPLOAD, note="some Android phones are reported to go to 100 at once; here it grows"
    ),
    "progress_rounding": _inferred(
        _DIMINA, date=_DIMINA_AS_OF, note="unknown for WeChat; open containers floor"
    ),
    "profile_fields": _documented(_UPLOAD, note="the httpDNS fields are for wx.request only"),
    "since": _documented(_CHANGES),
    "older": _logged(
        note="refusals are logged to about 2021, queue times exist from 3.8.10; the rest by pages"
        " and changelog"
    ),
    "filename": _logged(
        date="2018-19",
        note="server dumps show the temp path's last segment; how a name beyond ASCII is encoded"
        " is not known",
    ),
    "paths": _inferred(
        _FILES, note="temp and saved forms reported; that upload takes package files is not stated"
    ),
}

_CHROMIUM = _inferred(_ERRNO, note="the pattern is reported, this Chromium code is not")
_NO_FILE = _guessed(note="as a missing file: nothing else is reported")
_OFF_LIST = _reported(f"{_FORUM}/0000aea47548982fc332cf6bd6b400", note="number seen on wx.request")


def _network(code: str, source: Source, causes: Mapping[str, Text] = MappingProxyType({})) -> Text:
    return Text(f"uploadFile:fail upload fail:{code}", 600001, source, causes)


_TLS_CODES = {
    "expired": (-201, "ERR_CERT_DATE_INVALID"),
    "wrong_name": (-200, "ERR_CERT_COMMON_NAME_INVALID"),
    "untrusted": (-202, "ERR_CERT_AUTHORITY_INVALID"),
    "old_protocol": (-113, "ERR_SSL_VERSION_OR_CIPHER_MISMATCH"),
}
"""Chromium's numbers and names (net/base/net_error_list.h) of what keeps TLS from coming about."""


_TEXTS: dict[Reason, Text | Never] = {
    Reason.BAD_PARAMETER: Text(
        "uploadFile:fail parameter error: {problems}",
        1001,
        _logged(note="a device log; the number stands beside an undefined filePath"),
    ),
    Reason.MISSING_FILE: Text(
        "uploadFile:fail file not found",
        None,
        _reported(
            f"{_FORUM}/5c340294f4929cd0bd9c3f635f9d3ece", note="an older text: file doesn't exist"
        ),
    ),
    Reason.NOT_A_FILE: Text("uploadFile:fail file not found", None, _NO_FILE),
    Reason.UNREADABLE_FILE: Text("uploadFile:fail file not found", None, _NO_FILE),
    Reason.OVER_SIZE: Text(
        "uploadFile:fail exceed max file size",
        603301,
        _inferred(_ERRNO, note="only where a test sets max_size; words of the download block"),
    ),
    Reason.BAD_URL: Text(
        "uploadFile:fail invalid url",
        600009,
        _inferred(
            _DIMINA, date=_DIMINA_AS_OF, note="that container's text, the error page's number"
        ),
    ),
    Reason.UNSUPPORTED_SCHEME: Text(
        "uploadFile:fail createUploadTask:fail url not in domain list",
        600002,
        _inferred(_NETWORK, note="the list holds https only, so another scheme is not on it"),
    ),
    Reason.DOMAIN_NOT_LISTED: Text(
        "uploadFile:fail createUploadTask:fail url not in domain list", 600002, _OFF_LIST
    ),
    Reason.OVER_LIMIT: Text(
        "uploadFile:fail createUploadTask:fail exceed max upload connection count {limit}",
        600007,
        _guessed(note="the text is logged; the number is the error page's for this case"),
    ),
    Reason.OFFLINE: _network("-106:net::ERR_INTERNET_DISCONNECTED", _CHROMIUM),
    Reason.DNS_FAILURE: _network("-105:net::ERR_NAME_NOT_RESOLVED", _CHROMIUM),
    Reason.CONNECTION_REFUSED: _network("-102:net::ERR_CONNECTION_REFUSED", _CHROMIUM),
    Reason.CONNECTION_RESET: _network(
        "-101:net::ERR_CONNECTION_RESET", _logged(note="a device log")
    ),
    Reason.NETWORK_CHANGED: _network(
        "-21:net::ERR_NETWORK_CHANGED",
        _inferred(
            f"{_FORUM}/000c44ee3684d89640822bd6b6b800",
            note="that all running tasks fail is reported of wx.request; here in an upload's words",
        ),
    ),
    Reason.TLS_FAILURE: _network(
        "-200:net::ERR_CERT_COMMON_NAME_INVALID",
        _CHROMIUM,
        {
            cause: _network(f"{code}:net::{name}", _CHROMIUM)
            for cause, (code, name) in _TLS_CODES.items()
        },
    ),
    Reason.TIMEOUT: Text(
        "uploadFile:fail timeout",
        5,
        _guessed(
            note="what app code compares with; Android logs `fail:time out` and 5; also seen:"
            " `socket timeout`, `请求超时。` on iOS, `upload fail:-7:net::ERR_TIMED_OUT`",
        ),
    ),
    Reason.ABORTED: Text(
        "uploadFile:fail abort",
        None,
        _inferred(_DIMINA, date=_DIMINA_AS_OF, note="ports and test doubles agree; no device log"),
    ),
    Reason.INTERRUPTED_BACKGROUND: Text(
        "uploadFile:fail interrupted",
        600003,
        _logged(
            note="the guide's words; logs also have `fail:network interrupted error`, in 2017"
            " `UploadFile:fail:interupted`"
        ),
    ),
    Reason.TOO_MANY_REDIRECTS: Text(
        "uploadFile:fail network reach the max redirect count",
        600008,
        _inferred(_ERRNO, note="text and number of the error page, not seen on an upload"),
    ),
    Reason.BAD_RESPONSE: _network(
        "-355:net::ERR_INCOMPLETE_CHUNKED_ENCODING",
        _guessed(note="reported for a cut chunked body; stands for every malformed answer"),
    ),
    Reason.INTERNAL: Text(
        "uploadFile:fail internal error",
        4,
        _inferred(_ERRNO, note="text and number of the error page, not seen on an upload"),
    ),
}


def _cancelled(api: str) -> Text:
    source = _reported("public app code", note="what it compares with; logged of chooseImage")
    if api == "chooseImage":
        source = _reported("youzan/vant-weapp#2544", date="2019-12-16", note="a pasted log")
    return Text(f"{api}:fail cancel", None, source)


_MEMBERS_SINCE = {
    "member.abort": "1.4.0",
    "member.onProgressUpdate": "1.4.0",
    "member.offProgressUpdate": "2.1.0",
    "member.onHeadersReceived": "2.1.0",
    "member.offHeadersReceived": "2.1.0",
    "api.chooseMessageFile": "2.5.0",
    "api.chooseMedia": "2.10.0",
}
_PROFILE_SINCE = {
    "success.profile": "3.5.0",
    "profile.usingHighPerformanceMode": "3.3.4",
    "profile.invokeStart": "3.8.10",
    "profile.queueStart": "3.8.10",
    "profile.queueEnd": "3.8.10",
}

_HERA = "weidian-inc/hera h5/src/service/api"
_HERA_AS_OF = "2018-06-28"
_ASK = _documented(_REQUEST)
_READ = partial(Source, "seen_in_code", _HERA, _HERA_AS_OF)
_CRONET = _documented(
    _HTTPDNS, note="the form of a proxy failure there; app code has it with other Chromium codes"
)
_REQUEST_SOURCES = {
    "returns": _ASK,
    "members": _documented(_REQUEST, note="the two chunk members are not emulated"),
    "option_aliases": _documented(_REQUEST, note="by absence: the page lists none"),
    "without_effect": _inferred(
        _REQUEST,
        note="HTTP/1.1 without cache, proxy or another resolver; redirects followed, chunks joined",
    ),
    "fixed_timeout": _documented(_NETWORK),
    "zero_timeout": _inferred(_NETWORK, note="not stated: zero is no time"),
    "max_timeout": _documented(_NETWORK, note="names no maximum"),
    "content_type": _documented(_REQUEST, note="the content-type decides how data is sent"),
    "limit": _documented(_NETWORK, note="counted per API, as for uploads"),
    "overflow": _documented(_CHANGES, note="queued since 1.4.0"),
    "success": _documented(_REQUEST, note="the order of the keys is not stated"),
    "fail": _documented(_REQUEST, note="exception and useHttpDNS are not emulated"),
    "status_code": _ASK,
    "headers_keys": _documented(_HEADERS_EVENT),
    "since": _documented(_REQUEST),
    "header_option": _ASK,
    "methods": _documented(_REQUEST, note="lower case is raised, as weidian-inc/hera does"),
    "other_methods": _logged(note="app code knows the answer to a PATCH"),
    "default_type": _ASK,
    "typed": _READ(note="set whatever the method; the page names no exception"),
    "query_lists": _READ(note="no word for WeChat: an older wx-style library writes JSON"),
    "query_nothing": _READ(note="no word for WeChat: null as JSON, undefined as its word"),
    "other_types": _READ(note="no word for WeChat: an older wx-style library sends JSON"),
    "data_types": _ASK,
    "any_case": _inferred(_REQUEST, note="the page writes both in lower case"),
    "answered": _inferred(_REQUEST, note="no answer is a failure"),
    "cookie_list": _ASK,
}


def _cronet(code: int, name: str, causes: Mapping[str, Text] = MappingProxyType({})) -> Text:
    said = f"errcode:{code} cronet_error_code:{code} error_msg:net::{name}"
    return Text(f"request:fail {said}", 600001, _CRONET, causes)


_REQUEST_TEXTS: dict[Reason, Text | Never] = {
    **dict.fromkeys(
        (Reason.MISSING_FILE, Reason.NOT_A_FILE, Reason.UNREADABLE_FILE, Reason.OVER_SIZE),
        Never("a request sends no file"),
    ),
    Reason.BAD_URL: Text(
        'request:fail invalid url "{detail}"', 600009, _logged(note="also seen without the address")
    ),
    **dict.fromkeys(
        (Reason.UNSUPPORTED_SCHEME, Reason.DOMAIN_NOT_LISTED),
        Text(
            "request:fail url not in domain list",
            600002,
            _reported(_OFF_LIST.address, note="a later form adds the host; http taken as unlisted"),
        ),
    ),
    Reason.OVER_LIMIT: Text(
        "request:fail network exceed max task count",
        600007,
        _inferred(_ERRNO, note="before 1.4.0, or where overflow is set; the error page's words"),
    ),
    Reason.OFFLINE: _cronet(-106, "ERR_INTERNET_DISCONNECTED"),
    Reason.DNS_FAILURE: _cronet(-105, "ERR_NAME_NOT_RESOLVED"),
    Reason.CONNECTION_REFUSED: _cronet(-102, "ERR_CONNECTION_REFUSED"),
    Reason.CONNECTION_RESET: _cronet(-101, "ERR_CONNECTION_RESET"),
    Reason.NETWORK_CHANGED: Text(
        "request:fail errcode:10011 cronet_error_code:0 error_msg:network change, cancel all task",
        600001,
        _reported(
            f"{_FORUM}/000c44ee3684d89640822bd6b6b800", note="on iOS; with an official reply"
        ),
    ),
    Reason.TLS_FAILURE: _cronet(
        -200,
        "ERR_CERT_COMMON_NAME_INVALID",
        {cause: _cronet(code, name) for cause, (code, name) in _TLS_CODES.items()},
    ),
    Reason.TIMEOUT: Text(
        "request:fail timeout", 5, _logged(note="5 is logged beside `fail:time out`")
    ),
    Reason.BAD_RESPONSE: _cronet(-355, "ERR_INCOMPLETE_CHUNKED_ENCODING"),
}

_TASK_SINCE = {
    "member.abort": "1.4.0",
    "member.onHeadersReceived": "2.1.0",
    "member.offHeadersReceived": "2.1.0",
    "success.header": "1.2.0",
    "success.cookies": "2.10.0",
    "fail.errno": "2.24.0",
}
_PHONE_REQUEST = RequestProfile(
    members={
        "abort": "call",
        "onHeadersReceived": "call",
        "offHeadersReceived": "call",
    },
    without_effect=frozenset(
        {
            "enableCache",
            "enableChunked",
            "enableHttp2",
            "enableHttpDNS",
            "enableHttpDNSFallback",
            "enableQuic",
            "forceCellularNetwork",
            "httpDNSServiceId",
            "httpDNSTimeout",
            "redirect",
            "useHighPerformanceMode",
        }
    ),
    fixed_timeout=60_000,
    limit=10,
    success=("data", "statusCode", "header", "cookies", "errMsg", "profile"),
    fail=("errMsg", "errno"),
    headers_keys=("header", "statusCode", "cookies"),
    since=_TASK_SINCE | _PROFILE_SINCE | {"success.profile": "2.10.4"},
    texts=_REQUEST_TEXTS,
    methods=frozenset({"OPTIONS", "GET", "HEAD", "POST", "PUT", "DELETE", "TRACE", "CONNECT"}),
    unknown_method=Text(
        "request:fail method is invalid", None, _logged(note="app code compares with it")
    ),
    sources=_REQUEST_SOURCES,
)
_TOOL_REQUEST = replace(
    _PHONE_REQUEST,
    success=("data", "statusCode", "header", "cookies", "errMsg"),
    headers_keys=("header", "cookies"),
    since=_TASK_SINCE,
    sources={
        **_REQUEST_SOURCES,
        "headers_keys": _documented(_HEADERS_EVENT, note="statusCode is on phones only"),
    },
)

_OLDER: dict[str, dict[str, object]] = {
    "1.4.0": {"request": {"overflow": "reject"}},
    "2.4.0": {"local_addresses": "judged"},
    "2.10.2": {"picker_returns": "undefined"},
    "2.25.0": {"pickers": {"chooseMedia": {"max_count": 9}}},
}

PHONE = Profile(
    name="wx",
    aliases=("wx:device",),
    namespace="wx",
    title="WeChat on a phone",
    schema="wx",
    version_counts="base library",
    returns="task",
    after_bad_parameter="undefined",
    picker_returns="promise",
    members={
        "abort": "call",
        "onProgressUpdate": "call",
        "offProgressUpdate": "call",
        "onHeadersReceived": "call",
        "offHeadersReceived": "call",
    },
    empty=frozenset({"undefined", "null"}),
    mismatch="required",
    problem="parameter.{key} should be {expected} instead of {brand};",
    problems="all",
    blank_name=Text(
        "uploadFile:fail missing required parameters",
        1001,
        _inferred(_DIMINA, date=_DIMINA_AS_OF, note="unknown for WeChat; that container's text"),
    ),
    without_effect=frozenset({"enableHttp2", "enableQuic", "useHighPerformanceMode"}),
    fixed_timeout=60_000,
    schemes=frozenset({"https"}),
    forbidden_headers=frozenset({"referer", "user-agent"}),
    referer="https://servicewechat.com/{appid}/{version}/page-frame.html",
    user_agent=(
        "Mozilla/5.0 (Linux; Android 12; wv) AppleWebKit/537.36 XWEB/1340129 MMWEBSDK/20240301"
        " MicroMessenger/8.0.48.2580(0x28003036) WeChat/arm64 Weixin NetType/WIFI Language/zh_CN"
        " ABI/arm64 MiniProgramEnv/android"
    ),
    local_addresses="free",
    limit=10,
    overflow="queue",
    background_seconds=5,
    background_calls="refused",
    success=("data", "statusCode", "header", "errMsg", "profile"),
    fail=("errMsg", "errno"),
    code_key="errno",
    profile_fields=(
        "invokeStart",
        "queueStart",
        "queueEnd",
        "redirectStart",
        "redirectEnd",
        "fetchStart",
        "domainLookUpStart",
        "domainLookUpEnd",
        "connectStart",
        "connectEnd",
        "SSLconnectionStart",
        "SSLconnectionEnd",
        "requestStart",
        "requestEnd",
        "responseStart",
        "responseEnd",
        "rtt",
        "estimate_nettype",
        "httpRttEstimate",
        "transportRttEstimate",
        "downstreamThroughputKbpsEstimate",
        "throughputKbps",
        "peerIP",
        "port",
        "socketReused",
        "sendBytesCount",
        "receivedBytedCount",
        "protocol",
        "usingHighPerformanceMode",
    ),
    since=_MEMBERS_SINCE | _PROFILE_SINCE,
    older={**_OLDER, "3.8.10": {"overflow": "reject"}},
    texts=_TEXTS,
    request=_PHONE_REQUEST,
    paths=Paths(
        temp="wxfile://tmp_{hex32}{ext}",
        saved="wxfile://store_{hex32}{ext}",
        user="wxfile://usr/{name}",
        package=("/", ""),
    ),
    pickers={
        "chooseImage": Picker(
            result=("tempFilePaths", "tempFiles", "errMsg"),
            item=("path", "size"),
            cancelled=_cancelled("chooseImage"),
            source=_documented(
                f"{_MEDIA}/image/wx.chooseImage.html", note="names no largest count"
            ),
        ),
        "chooseMedia": Picker(
            result=("tempFiles", "type", "errMsg"),
            item=("tempFilePath", "size", "fileType"),
            cancelled=_cancelled("chooseMedia"),
            source=_documented(
                f"{_MEDIA}/video/wx.chooseMedia.html",
                note="duration, height, width, thumbTempFilePath not emulated; 9 before 2.25.0",
            ),
            max_count=20,
        ),
        "chooseMessageFile": Picker(
            result=("tempFiles", "errMsg"),
            item=("path", "size", "name", "type", "time"),
            cancelled=_cancelled("chooseMessageFile"),
            source=_documented(f"{_MEDIA}/image/wx.chooseMessageFile.html"),
            max_count=100,
        ),
    },
    device=device.PHONE,
    sources=_SOURCES,
)


def _tool_tls(words: str) -> Text:
    note = "Node hands on OpenSSL's words; reported is only its text for a wrong name"
    return Text(f"uploadFile:fail Error: {words}", None, _guessed(note=note))


_TOOL_TEXTS: dict[Reason, Text | Never] = {
    **dict.fromkeys(
        (Reason.MISSING_FILE, Reason.NOT_A_FILE, Reason.UNREADABLE_FILE),
        Text("uploadFile:fail createUploadTask:fail file not found", None, _TOOL_LOG),
    ),
    Reason.BAD_URL: Text(
        "uploadFile:fail createUploadTask:fail Error: Invalid URL passed to App.getProxyForURL()",
        None,
        _reported(_FORUM, note="logged for an empty url; taken for every malformed one"),
    ),
    Reason.OFFLINE: Text(
        "uploadFile:fail Error: getaddrinfo ENOTFOUND {host}",
        None,
        _guessed(note="an unplugged machine resolves nothing; Node's text for that"),
    ),
    Reason.DNS_FAILURE: Text(
        "uploadFile:fail Error: getaddrinfo ENOTFOUND {host}",
        None,
        _guessed(note="other Node texts are reported, this one is not"),
    ),
    Reason.CONNECTION_REFUSED: Text(
        "uploadFile:fail Error: connect ECONNREFUSED {ip}:{port}", None, _NODE
    ),
    Reason.CONNECTION_RESET: Text("uploadFile:fail Error: read ECONNRESET", None, _NODE),
    Reason.NETWORK_CHANGED: Text(
        "uploadFile:fail Error: read ECONNRESET",
        None,
        _guessed(note="the connection is gone; Node's text for that"),
    ),
    Reason.TLS_FAILURE: Text(
        "uploadFile:fail Error [ERR_TLS_CERT_ALTNAME_INVALID]: {detail}",
        None,
        _NODE,
        {
            "expired": _tool_tls("{detail}"),
            "untrusted": _tool_tls("{detail}"),
            "old_protocol": _tool_tls("write EPROTO {detail}"),
        },
    ),
    Reason.TIMEOUT: Text("uploadFile:fail Error: ESOCKETTIMEDOUT", None, _NODE),
    Reason.BAD_RESPONSE: Text(
        "uploadFile:fail Error: socket hang up",
        None,
        _guessed(note="the reported text nearest to a malformed answer"),
    ),
}

DEVTOOLS = replace(
    PHONE,
    name="wx:devtools",
    aliases=(),
    title="WeChat developer tools",
    # A wrong User-Agent is refused aloud here, so it is not among the silently dropped ones.
    forbidden_headers=frozenset({"referer"}),
    refused_headers=frozenset({"host", "proxy-authorization", "proxy-connection", "user-agent"}),
    referer="https://servicewechat.com/{appid}/devtools/page-frame.html",
    user_agent=None,
    overflow="reject",
    older=_OLDER,
    success=("statusCode", "data", "header", "cookies", "errMsg"),
    profile_fields=(),
    since=_MEMBERS_SINCE | {"success.cookies": "2.10.0"},
    texts={**_TEXTS, **_TOOL_TEXTS},
    request=_TOOL_REQUEST,
    paths=Paths(
        temp="http://tmp/{hex32}{ext}",
        saved="http://store/{hex32}{ext}",
        user="http://usr/{name}",
        package=("/", ""),
    ),
    device=device.TOOL,
    sources={
        **_SOURCES,
        "forbidden_headers": _PAGE,
        "refused_headers": _reported(
            f"{_FORUM}/000a0ccb2482f020d1b063ffe66c00",
            note="seen on wx.request: Host, User-Agent and Proxy-*, of which two are listed here",
        ),
        "user_agent": _inferred(_NETWORK, note="no capture of the tool's own is public"),
        "overflow": _TOOL_LOG,
        "success": _logged(
            date="2019-20", note="key order of the tool's logs; profile is for phones only"
        ),
        "profile_fields": _PAGE,
        "paths": _guessed(
            note="the newer temp form is reported; saved is shortened, user is a guess"
        ),
    },
)
