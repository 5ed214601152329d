"""A host's network rules: addresses, domain lists, headers, CORS."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge import rules
from bridge.errors import BridgeError
from bridge.reasons import Reason
from bridge.target import resolve
from bridge.trace import Decisions

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from bridge.profile import Profile

IDENTITY = ("wx1", "7")
PAGE = "http://localhost:8080"


def host(target: str, **overrides: object) -> Profile:
    """Return a target's profile."""
    return resolve(target, overrides).profile


def judged(
    target: str, url: str, listed: Sequence[str] | None = None, *, redirect: bool = False
) -> Reason | None:
    """Return why a target refuses an address, None if it does not."""
    domains = None if listed is None else tuple(listed)
    failed = rules.judge(host(target), url, domains, Decisions(), redirect=redirect)
    return None if failed is None else failed.reason


def sent(
    profile: Profile, given: Mapping[str, object], trace_id: str = ""
) -> tuple[dict[str, str], list[str]]:
    """Return the headers a host sends for a `header` option, and the rules that decided."""
    decisions = Decisions()
    headers = rules.HeaderRules(profile, *IDENTITY).sent(given, trace_id, decisions)
    assert len({name.lower() for name, _ in headers}) == len(headers)
    return dict(headers), decisions.rules()


# --- addresses


@pytest.mark.parametrize(
    ("origin", "url"),
    [
        ("https://a.test", "https://a.test"),
        ("https://a.test", "https://a.test:443/x?y#z"),
        ("http://a.test:81", "http://A.Test:81"),
        ("http://a.test", "HTTP://a.test/"),
        ("http://[::1]:8080", "http://[::1]:8080/"),
        ("wss://a.test:0", "wss://a.test"),
    ],
)
def test_an_address_has_one_shortest_origin(origin: str, url: str) -> None:
    """Case and the usual port do not show."""
    address = rules.parse(url)
    assert address is not None
    assert origin == address.origin


@pytest.mark.parametrize(
    "url",
    ["", "a.test", "/a", "//a.test/", "https://", "https://a b/", "https://[::1", "http://a:x/"],
)
def test_what_names_no_host_is_a_bad_url(url: str) -> None:
    """Nothing of the kind is ever sent, whatever the host."""
    assert rules.parse(url) is None
    assert Reason.BAD_URL is judged("wx", url)
    assert Reason.BAD_URL is judged("tt", url)


@pytest.mark.parametrize("target", ["wx", "my", "tt:douyin"])
def test_some_hosts_accept_https_only(target: str) -> None:
    """Plain http to a real host is an unsupported scheme there."""
    assert judged(target, "https://a.test/") is None
    assert Reason.UNSUPPORTED_SCHEME is judged(target, "http://a.test/")
    assert Reason.UNSUPPORTED_SCHEME is judged(target, "ftp://a.test/")


@pytest.mark.parametrize("target", ["tt", "uni/h5", "uni/app"])
def test_other_hosts_accept_http_as_well(target: str) -> None:
    """Both schemes pass, and no third one."""
    assert judged(target, "http://a.test/") is None
    assert Reason.UNSUPPORTED_SCHEME is judged(target, "ws://a.test/")


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:9/", "http://localhost/", "http://[::1]:9/", "http://127.8.8.8/"]
)
def test_loopback_is_exempt_from_the_scheme_rule(url: str) -> None:
    """A test's own server may speak plain http."""
    assert judged("wx", url) is None


@pytest.mark.parametrize(
    "url", ["http://128.0.0.1/", "http://localhost.a.test/", "ftp://127.0.0.1/"]
)
def test_what_only_looks_like_loopback_is_not_exempt(url: str) -> None:
    """Neither a name that begins so, nor another protocol."""
    assert Reason.UNSUPPORTED_SCHEME is judged("wx", url)


def test_a_page_resolves_relative_addresses() -> None:
    """H5 has a page; a mini-program has none."""
    assert f"{PAGE}/up" == rules.absolute(host("uni/h5"), "/up")
    assert f"{PAGE}/" == rules.absolute(host("uni/h5"), "")
    assert "http://a.test/up" == rules.absolute(host("uni/h5"), "//a.test/up")
    assert "/up" == rules.absolute(host("wx"), "/up")


def test_an_address_no_page_can_resolve_stays_as_it_is() -> None:
    """It is judged as it was written, and is bad."""
    assert "http://[" == rules.absolute(host("uni/h5"), "http://[")
    assert Reason.BAD_URL is judged("uni/h5", "http://[")


@pytest.mark.parametrize(
    ("url", "detail", "note"),
    [
        ("a.test", {}, ("bad_url", "'a.test' is not an address")),
        (
            "http://a.test:81/x",
            {"host": "a.test", "ip": "a.test", "port": 81},
            ("schemes", "http is not allowed"),
        ),
        (
            "https://a.test/x",
            {"host": "a.test", "ip": "a.test", "port": 443},
            ("domain_match", "https://a.test is not in the domain list"),
        ),
        (
            "http://10.0.0.1:80/",
            None,
            ("local_addresses", "http://10.0.0.1 is in the local network"),
        ),
        ("https://b.test/", None, None),
    ],
)
def test_the_record_and_the_hosts_text_can_tell_what_was_judged(
    url: str, detail: dict[str, object] | None, note: tuple[str, str] | None
) -> None:
    """A host's text may name the host, its address and port, and the URL as it was written."""
    decisions = Decisions()
    failed = rules.judge(host("wx"), url, ("b.test",), decisions)
    assert (None if detail is None else {**detail, "detail": url}) == (failed and failed.detail)
    told = [(str(one["rule"]), str(one["effect"])) for one in decisions.to_json({})]
    assert ([] if note is None else [note]) == told


@given(st.text())
def test_no_text_breaks_the_judge(url: str) -> None:
    """Any text at all is either an address or a reason."""
    for target in ("wx", "uni/h5"):
        judged(target, rules.absolute(host(target), url), ["a.test"])


# --- domain lists


@pytest.mark.parametrize(
    ("url", "entry", "listed"),
    [
        ("https://a.test/x", "https://a.test", True),
        ("https://a.test/x", "a.test", True),
        ("https://A.test/x", "https://a.TEST", True),
        ("https://a.test:443/", "https://a.test", False),
        ("https://a.test:443/", "https://a.test:443", True),
        ("https://a.test/", "https://a.test:443", False),
        ("https://a.test:8443/", "https://a.test:8443", True),
        ("https://a.test:8443/", "https://a.test", False),
        ("https://a.test:8443/", "https://a.test:8444", False),
        ("https://a.test:8443/", "http://a.test:8443", False),
        ("https://x.a.test/", "https://a.test", False),
        ("https://a.test/", "http://a.test", False),
        ("https://xa.test/", "a.test", False),
    ],
)
def test_wechat_lists_exact_hosts_and_ports(url: str, entry: str, *, listed: bool) -> None:
    """An entry without a port refuses even an explicit 443."""
    assert (None if listed else Reason.DOMAIN_NOT_LISTED) is judged("wx", url, [entry])


@pytest.mark.parametrize(
    ("url", "listed"),
    [
        ("https://a.test/", True),
        ("https://x.a.test/", True),
        ("https://y.x.a.test/", True),
        ("https://a.test:8443/", True),
        ("https://xa.test/", False),
        ("https://test/", False),
        ("https://a.test.evil.test/", False),
    ],
)
def test_an_alipay_entry_covers_itself_and_its_sub_domains(url: str, *, listed: bool) -> None:
    """Ports do not count there."""
    assert (None if listed else Reason.DOMAIN_NOT_LISTED) is judged("my", url, ["https://a.test"])


def test_without_a_list_no_domain_is_judged() -> None:
    """None judges nothing, an empty list refuses everything."""
    assert judged("wx", "https://a.test/") is None
    assert Reason.DOMAIN_NOT_LISTED is judged("wx", "https://a.test/", [])


@pytest.mark.parametrize(
    ("url", "free"),
    [
        ("http://192.168.1.7:8080/", True),
        ("https://172.31.255.255:1/", True),
        ("http://10.0.0.1:80/", True),
        ("http://10.0.0.1/", False),
        ("ftp://10.0.0.1:21/", False),
        ("http://172.32.0.1:8080/", False),
        ("http://10.0.0.1.a.test:8080/", False),
        ("http://[fd00::1]:8080/", False),
    ],
)
def test_an_address_of_the_local_network_is_free_on_wechat(url: str, *, free: bool) -> None:
    """From 2.4.0 on, with a port: neither scheme nor list is judged, at a redirect either."""
    for target in ("wx", "wx:devtools", "wx@2.4.0"):
        for redirect in (False, True):
            assert free is (judged(target, url, ["a.test"], redirect=redirect) is None)
    for target in ("wx@2.3.9", "my", "tt:douyin"):
        assert judged(target, url, ["a.test"]) is not None


@pytest.mark.parametrize("target", ["my:ide", "uni/h5", "uni/app"])
def test_a_host_without_a_check_says_that_it_skipped_it(target: str) -> None:
    """The list is accepted, and the record tells that it had no effect."""
    decisions = Decisions()
    assert rules.judge(host(target), "https://b.test/", ("a.test",), decisions) is None
    assert ["domain_check"] == decisions.rules()


def test_a_redirect_is_judged_again_where_the_host_does() -> None:
    """WeChat judges every hop, Alipay the first only; the scheme counts always."""
    assert Reason.DOMAIN_NOT_LISTED is judged("wx", "https://b.test/", ["a.test"], redirect=True)
    assert judged("my", "https://b.test/", ["a.test"], redirect=True) is None
    assert Reason.UNSUPPORTED_SCHEME is judged("my", "http://b.test/", ["a.test"], redirect=True)


def test_a_list_may_be_given_for_each_api() -> None:
    """`*` stands for the others; an API without an entry has an empty list."""
    wx = host("wx")
    lists = rules.checked_domains({"uploadFile": ["a.test"], "*": ["b.test"]})
    assert ("a.test",) == rules.listed_for(wx, lists, "uploadFile")
    assert ("b.test",) == rules.listed_for(wx, lists, "request")
    only = rules.checked_domains({"request": ["b.test"]})
    assert () == rules.listed_for(wx, only, "uploadFile")
    assert rules.listed_for(wx, rules.checked_domains(None), "uploadFile") is None


@pytest.mark.parametrize("target", ["my", "my:harmony"])
def test_alipay_has_one_list_for_both(target: str) -> None:
    """What is listed for requests is a place to upload to as well, and the other way round."""
    lists = rules.checked_domains({"uploadFile": ["a.test"], "request": ["b.test"]})
    for api in ("uploadFile", "request"):
        assert ("a.test", "b.test") == rules.listed_for(host(target), lists, api)
    assert rules.listed_for(host(target), None, "uploadFile") is None


@pytest.mark.parametrize(
    "domains",
    [
        "a.test",
        {"uploadFile": "a.test"},
        {"uploadFile": ["a.test"], "request": "a.test"},
        ["a b"],
        ["a.test", "a b"],
        ["https://"],
        {"*": ["http://[::1"]},
        [1],
        1,
        (name for name in ["a.test"]),
    ],
)
def test_a_wrong_list_is_the_authors_mistake(domains: Any) -> None:  # noqa: ANN401  wrong on purpose
    """The likeliest slip, one text in place of a list, is refused too."""
    with pytest.raises(BridgeError, match="give a list of hosts or origins, or API -> list"):
        rules.checked_domains(domains)


@pytest.mark.parametrize("url", ["https://a.test", "http://a.test:81", "https://a.test/"])
def test_an_origin_is_scheme_host_and_port(url: str) -> None:
    """A closing slash does no harm."""
    assert rules.is_origin(url)


@pytest.mark.parametrize(
    "url",
    [
        "a.test",
        "https://a.test/x",
        "https://a.test?x",
        "https://a.test#x",
        "ws://a.test",
        "https://u@a.test",
        "",
    ],
)
def test_more_than_an_origin_is_none(url: str) -> None:
    """A path, a query, a user or another protocol has no place in a route."""
    assert not rules.is_origin(url)


URLS = st.builds(
    "{}{}{}{}{}".format,
    st.sampled_from(["", "http:", "https:", "HTTP:", "ws:", " https:"]),
    st.sampled_from(["//", "/", ""]),
    st.sampled_from(
        ["a.test", "A.test", "u@a.test", "[::1]", "[::1", "a b", "a\tb", "127.0.0.1", "."]
    ),
    st.sampled_from(["", ":", ":0", ":80", ":65536", ":x", "\n", "#"]),
    st.text(max_size=6) | st.sampled_from(["/p?q#f", "?q=@b.test", "#/[", "\\@b.test/"]),
)


@given(st.lists(URLS, max_size=3))
def test_a_remembered_address_always_equals_a_fresh_one(urls: list[str]) -> None:
    """What follows an origin never changes it, whatever was parsed before."""
    for url in urls:
        assert rules.parse_fresh(url) == rules.parse(url)


# --- headers


def test_wechat_sends_its_own_referer_and_user_agent() -> None:
    """The caller's are dropped and named."""
    headers, decided = sent(host("wx"), {"referer": "x", "User-Agent": "y", "X-A": 1})
    assert "https://servicewechat.com/wx1/7/page-frame.html" == headers["Referer"]
    assert "MicroMessenger" in headers["User-Agent"]
    assert "1" == headers["X-A"]
    assert ["forbidden_headers", "forbidden_headers"] == decided


def test_the_developer_tools_refuse_aloud() -> None:
    """The record holds the words a browser's console would print."""
    decisions = Decisions()
    given = {"Host": "evil.test"}
    headers = rules.HeaderRules(host("wx:devtools"), *IDENTITY).sent(given, "", decisions)
    assert "Host" not in dict(headers)
    [note] = decisions.to_json({})
    assert 'Refused to set unsafe header "Host"' == note["effect"]


@pytest.mark.parametrize(("target", "kept"), [("wx", False), ("tt", False), ("uni/h5", True)])
def test_the_callers_content_type_passes_on_h5_only(target: str, *, kept: bool) -> None:
    """Elsewhere it is replaced by the one with the boundary."""
    headers, decided = sent(host(target), {"content-type": "text/plain"})
    assert kept is ("content-type" in headers)
    assert kept is ("content_type" not in decided)


def test_a_forbidden_header_is_named_by_the_rule_that_counts_first() -> None:
    """Forbidden before refused, refused before replaced, and a bad value before the host's own."""
    lists = {"forbidden_headers": frozenset({"a"}), "refused_headers": frozenset({"a", "b"})}
    profile = host("wx", **lists)
    given = {"a": 1, "b": 1, "Content-Type": 1, "Referer": "\n", "User-Agent": 1}
    _, decided = sent(profile, given)
    expected = ["forbidden_headers", "refused_headers", "content_type", "header_syntax"]
    assert [*expected, "forbidden_headers"] == decided


def test_feishu_sends_the_calls_id_whatever_the_caller_says() -> None:
    """The trace id on the wire is the host's."""
    given = {"x-tt-logid": "mine", "X-Request-Id": "mine"}
    headers, decided = sent(host("tt"), given, trace_id="02abc")
    assert ("02abc", "02abc") == (headers["x-request-id"], headers["x-tt-logid"])
    assert ["forbidden_headers", "forbidden_headers"] == decided


def test_a_header_the_host_sends_itself_is_not_sent_twice() -> None:
    """On H5 the Referer is refused; where nothing forbids one, the host's own wins."""
    profile = host("wx", forbidden_headers=frozenset())
    headers, decided = sent(profile, {"REFERER": "x"})
    assert "x" not in headers.values()
    assert ["forbidden_headers"] == decided


@pytest.mark.parametrize(
    "given",
    [
        {"X-A": "1\r\nX-B: 2"},
        {"X-A": "1\n"},
        {"X-A": "\0"},
        {"X-A": "\ud800"},
        {"X-A\r\nX-B": "1"},
        {"X A": "1"},
        {"": "1"},
        {"X-Ä": "1"},
    ],
)
def test_a_header_that_could_inject_another_is_dropped(given: dict[str, object]) -> None:
    """The record says that it cannot be sent."""
    plain, _ = sent(host("wx"), {})
    headers, decided = sent(host("wx"), given)
    assert plain == headers
    assert ["header_syntax"] == decided


@given(st.dictionaries(st.text(), st.text()))
def test_no_header_ever_spans_a_line(given: dict[str, str]) -> None:
    """Whatever is asked for, names are tokens and values have no line end."""
    for target in ("wx", "uni/h5"):
        headers = rules.HeaderRules(host(target), *IDENTITY).sent(given, "", Decisions())
        for name, value in headers:
            assert name.isascii()
            assert not set("\r\n\0") & set(name + value)
            assert value == value.encode().decode()


# --- CORS


@pytest.mark.parametrize(
    ("url", "allowed", "readable"),
    [
        (f"{PAGE}/up", [], True),
        ("https://a.test/", [], False),
        ("https://a.test/", ["*"], True),
        ("https://a.test/", [PAGE], True),
        ("https://a.test/", ["https://other.test"], False),
        ("https://a.test/", ["*", "*"], False),
        ("https://a.test/", [PAGE, PAGE], False),
        ("http://localhost:8081/", [], False),
    ],
)
def test_a_page_reads_only_what_the_answer_allows(
    url: str, allowed: list[str], *, readable: bool
) -> None:
    """A cross-origin answer needs one Access-Control-Allow-Origin on H5, and no second."""
    headers = [("access-control-allow-origin", value) for value in allowed]
    assert readable is rules.check_cors(host("uni/h5"), url, headers)


@pytest.mark.parametrize(
    ("target", "url", "method", "sent"),
    [
        ("uni/h5", "https://a.test/", "POST", [("Origin", PAGE)]),
        ("uni/h5", "https://a.test/", "GET", [("Origin", PAGE)]),
        ("uni/h5", f"{PAGE}/upload", "POST", [("Origin", PAGE)]),
        ("uni/h5", f"{PAGE}/list", "GET", []),
        ("uni/h5", f"{PAGE}/list", "HEAD", []),
        ("uni/app", "https://a.test/", "POST", []),
        ("wx", "https://a.test/", "POST", []),
    ],
)
def test_a_page_tells_where_it_comes_from(
    target: str, url: str, method: str, sent: list[tuple[str, str]]
) -> None:
    """A browser sends Origin everywhere but where a page reads from its own origin."""
    assert sent == [*rules.origin(host(target), url, method)]


SAFE = [
    "Cache-Control",
    "Content-Language",
    "Content-Length",
    "Content-Type",
    "Expires",
    "Last-Modified",
    "Pragma",
]
COOKIES = ["Set-Cookie", "Set-Cookie2"]
EXPOSES = "Access-Control-Expose-Headers"


@pytest.mark.parametrize(
    ("target", "url", "exposed", "hidden"),
    [
        ("uni/h5", "https://a.test/", "X-Other, x-one", [EXPOSES, *COOKIES, "X-Two"]),
        ("uni/h5", "https://a.test/", "*", COOKIES),
        ("uni/h5", f"{PAGE}/upload", "X-Other", COOKIES),
        ("wx", "https://a.test/", "X-Other", []),
    ],
)
def test_a_page_is_shown_the_headers_that_are_exposed_to_it(
    target: str, url: str, exposed: str, hidden: list[str]
) -> None:
    """A cookie never, others from elsewhere if the answer says so; the record tells the rest."""
    decisions = Decisions()
    answered = ((EXPOSES, exposed), *((name, "1") for name in [*SAFE, *COOKIES, "X-One", "X-Two"]))
    found = rules.readable(host(target), url, answered, decisions)
    assert [name for name, _ in answered if name not in hidden] == [name for name, _ in found]
    told = [f"the page is not shown {', '.join(hidden)}"] if hidden else []
    assert told == [note["effect"] for note in decisions.to_json({})]


def test_a_page_that_is_shown_everything_is_told_of_nothing() -> None:
    """There is no rule to name where no header was kept back."""
    decisions = Decisions()
    answered = (("Content-Type", "text/plain"),)
    assert answered == rules.readable(host("uni/h5"), "https://a.test/", answered, decisions)
    assert [] == decisions.rules()


def test_a_host_that_is_no_page_reads_everything() -> None:
    """CORS is a browser's rule, and may be switched on where there is no page."""
    assert rules.check_cors(host("wx"), "https://a.test/", [])
    assert not rules.check_cors(host("wx", check_cors=True), "https://a.test/", [])
