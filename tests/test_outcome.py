"""Reply or Failure -> the object the mini-program sees."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge import outcome, registry
from bridge.failure import Failure
from bridge.profile import Never
from bridge.reasons import Reason
from bridge.target import Target, all_names, resolve
from bridge.timings import Moments
from bridge.transport import Measures, Reply
from bridge.values import copied

PROFILES = [profile.name for profile in registry.profiles()]
MOMENTS = Moments(1.0, 1.0, 2.0, Measures(), 0.0)


def of(name: str, **overrides: object) -> Target:
    """Return the target of a profile, through `uni` where only a layer calls it."""
    alone = not next(p for p in registry.profiles() if p.name == name).layers_only
    return resolve(name if alone else f"uni/{name}", overrides)


def reply(
    body: bytes = b"ok", charset: str | None = None, headers: tuple[tuple[str, str], ...] = ()
) -> Reply:
    """Return an answer with status 200 and one cookie."""
    return Reply(200, headers, body, charset, "https://a.test/", ("a=1; Path=/",))


def shaped(target: Target, answer: Reply | None = None, **values: object) -> dict[str, Any]:
    """Return the success object of an answer."""
    told = outcome.Answer(answer or reply(), MOMENTS, "02trace")
    return outcome.shape(target, "uploadFile").success(told, values)


def holes(target: Target, result: dict[str, Any], *, plain: bool) -> tuple[str, ...]:
    """Return the placeholders in a success object."""
    return outcome.shape(target, "uploadFile").not_emulated(result, Measures(), plain=plain)


# --- failures


@pytest.mark.parametrize("reason", Reason)
@pytest.mark.parametrize("name", PROFILES)
def test_every_reason_has_a_result_in_the_hosts_keys(name: str, reason: Reason) -> None:
    """Even without any detail no text keeps a hole, and the object is plain JSON."""
    target = of(name)
    profile = target.profile
    result = outcome.failure(target, Failure(reason), "02trace")
    assert set(result) <= set(profile.fail)
    assert list(result) == [key for key in profile.fail if key in result]
    message = result[profile.message_key]
    assert isinstance(message, str)
    assert message
    assert not set("{}") & set(message)
    code = result.get(profile.code_key or "")
    assert code is None or type(code) is int
    assert result == json.loads(json.dumps(result))
    assert type(result) is dict


@pytest.mark.parametrize("name", PROFILES)
def test_a_reason_that_cannot_happen_reads_as_an_internal_error(name: str) -> None:
    """`Never` stands for what a host does not meet; an override may bring it about."""
    profile = of(name).profile
    for reason, text in profile.texts.items():
        found = outcome.text_for(profile, reason)
        assert found is (profile.texts[Reason.INTERNAL] if isinstance(text, Never) else text)


def test_a_host_without_any_text_for_an_internal_error_is_not_one() -> None:
    """A third party's profile has to say at least that."""
    texts = dict.fromkeys(Reason, Never("not read"))
    with pytest.raises(LookupError, match="wx has no text for internal"):
        outcome.text_for(of("wx", texts=texts).profile, Reason.TIMEOUT)


def test_the_detail_fills_the_hosts_text() -> None:
    """Address, limit and problems stand where the host puts them."""
    detail = {"ip": "127.0.0.1", "port": 9, "host": "a.test"}
    refused = outcome.failure(of("wx:devtools"), Failure(Reason.CONNECTION_REFUSED, detail), "")
    assert {"errMsg": "uploadFile:fail Error: connect ECONNREFUSED 127.0.0.1:9"} == refused
    unknown = outcome.failure(of("wx:devtools"), Failure(Reason.CONNECTION_REFUSED), "")
    assert {"errMsg": "uploadFile:fail Error: connect ECONNREFUSED :"} == unknown
    over = outcome.failure(of("wx", limit=3), Failure(Reason.OVER_LIMIT), "")
    assert str(over["errMsg"]).endswith("exceed max upload connection count 3")


def test_braces_in_a_detail_are_no_template() -> None:
    """What a server or the caller wrote is text."""
    target = of("wx:devtools")
    result = outcome.failure(target, Failure(Reason.TLS_FAILURE, {"detail": "{host}{0}"}), "")
    assert str(result["errMsg"]).endswith("{host}{0}")


def test_an_empty_name_has_an_answer_of_its_own_on_wechat() -> None:
    """It passed the type check, so the text is another."""
    target = of("wx")
    failed = Failure(Reason.BAD_PARAMETER, text=target.profile.blank_name)
    blank = outcome.failure(target, failed, "")
    assert {"errMsg": "uploadFile:fail missing required parameters", "errno": 1001} == blank


def test_numbers_can_be_left_out() -> None:
    """`errno=omit` is the reading of the typings."""
    assert "errno" in outcome.failure(of("wx"), Failure(Reason.TIMEOUT), "")
    assert "errno" not in outcome.failure(of("wx", errno="omit"), Failure(Reason.TIMEOUT), "")


def test_feishu_traded_two_fields_for_the_trace() -> None:
    """Old clients have `data` and `statusCode`, newer ones `trace`, later `errno` as well."""
    old, new = resolve("tt@4.6"), resolve("tt@4.7")
    assert {"errMsg": "uploadFile:fail timeout", "data": "", "statusCode": 0} == outcome.failure(
        old, Failure(Reason.TIMEOUT), "02t"
    )
    failed = outcome.failure(new, Failure(Reason.TIMEOUT), "02t")
    assert {"errMsg": "uploadFile:fail timeout", "trace": "02t"} == failed
    assert 302 == outcome.failure(resolve("tt"), Failure(Reason.TIMEOUT), "")["errno"]


@pytest.mark.parametrize("name", [p for p in PROFILES if not p.startswith("my")])
def test_the_text_of_a_picker_carries_its_own_prefix(name: str) -> None:
    """`uploadFile:` is replaced once, at the beginning."""
    target = of(name)
    failed = outcome.failure(target, Failure(Reason.INTERNAL), "", "chooseImage")
    assert str(failed["errMsg"]).startswith("chooseImage:fail")


# --- successes


@pytest.mark.parametrize("name", list(all_names()))
def test_a_success_has_the_hosts_keys_in_order(name: str) -> None:
    """No key more, no key less than the host hands out."""
    target = resolve(name)
    result = shaped(target)
    assert list(target.profile.success) == list(result)
    kind = str if target.profile.status_code == "string" else int
    assert type(result["statusCode"]) is kind
    assert "200" == str(result["statusCode"])
    assert "ok" == result["data"]


def test_the_simulators_status_is_a_text() -> None:
    """The IDE's and the phone's differ, and a reading may be chosen."""
    assert "200" == shaped(of("my:ide"))["statusCode"]
    assert 200 == shaped(of("my"))["statusCode"]
    assert "200" == shaped(of("wx", status_code="string"))["statusCode"]


def test_the_developer_tools_hand_out_cookies() -> None:
    """The raw Set-Cookie lines."""
    assert ["a=1; Path=/"] == shaped(of("wx:devtools"))["cookies"]


def test_timings_come_with_their_version_unless_switched_off() -> None:
    """`enableProfile: false` takes `profile` away, and so does an older library."""
    assert "profile" in shaped(of("wx"))
    assert "profile" not in shaped(of("wx"), enableProfile=False)
    assert "profile" not in shaped(resolve("wx@3.4.9"))
    older, newer = shaped(resolve("wx@3.8.9"))["profile"], shaped(resolve("wx@3.8.10"))["profile"]
    assert ["invokeStart", "queueStart", "queueEnd"] == list(newer)[:3]
    assert ["invokeStart", "queueStart", "queueEnd"] == [k for k in newer if k not in older]


def test_placeholders_are_named_for_the_record() -> None:
    """What nobody can measure is listed, but only where it was handed out."""
    target = of("wx")
    listed = holes(target, shaped(target), plain=False)
    assert {
        "profile.estimate_nettype",
        "profile.httpRttEstimate",
        "profile.transportRttEstimate",
        "profile.downstreamThroughputKbpsEstimate",
        "profile.usingHighPerformanceMode",
    } == set(listed)
    assert () == holes(target, shaped(target, enableProfile=False), plain=False)


def test_the_kind_of_network_is_no_placeholder_where_it_is_known() -> None:
    """WeChat's number for it comes with a condition of the network."""
    target = of("wx")
    shape, result = outcome.shape(target, "uploadFile"), shaped(target)
    unknown = set(shape.not_emulated(result, Measures(), plain=False))
    known = set(shape.not_emulated(result, Measures(estimate=4), plain=False))
    assert {"profile.estimate_nettype"} == unknown - known
    assert known < unknown


def test_tls_times_are_placeholders_where_an_https_address_was_dialled_plainly() -> None:
    """A route to the embedded server leaves no TLS to measure."""
    target = of("wx")
    more = set(holes(target, shaped(target), plain=True))
    less = set(holes(target, shaped(target), plain=False))
    assert less < more
    assert {"profile.SSLconnectionStart", "profile.SSLconnectionEnd"} == more - less


# --- text


@pytest.mark.parametrize(
    ("expected", "body", "charset"),
    [
        ("ä", "ä".encode(), None),
        ("ä", "ä".encode("latin-1"), "iso-8859-1"),
        ("上传", "上传".encode("gbk"), "gbk"),
        ("上传", "上传".encode("utf-16"), "utf-16"),
        ("ä", "ä".encode(), "no-such-charset"),
        ("ab", b"ab", "hex"),
        ("ab", b"ab", "undefined"),
        ("ab", b"ab", "idna"),
        ("ab-", b"ab-", "punycode"),
        ("ab", b"ab", "utf-8\0"),
        ("ab", b"ab", ""),
        ("a\ufffd", b"a\xff", None),
        ("x", b"\xef\xbb\xbfx", "utf-8"),
        ("\ufeffx", b"\xef\xbb\xbf\xef\xbb\xbfx", None),
        ("", b"", "gbk"),
    ],
)
def test_a_body_is_read_by_its_charset(expected: str, body: bytes, charset: str | None) -> None:
    """An unknown charset reads as UTF-8; exactly one byte order mark goes."""
    assert expected == outcome.decoded(body, charset)


@given(st.binary(), st.text())
def test_no_body_and_no_charset_breaks_the_result(body: bytes, charset: str) -> None:
    """Whatever a server says, `data` is a text."""
    assert isinstance(outcome.decoded(body, charset), str)


# --- headers


def test_a_repeated_header_is_joined_in_the_hosts_case() -> None:
    """WeChat keeps the server's spelling, H5 lower-cases it."""
    headers = (("ETag", "1"), ("X-A", "1"), ("X-A", "2"), ("x-a", "3"))
    server = outcome.header_map(of("wx").profile, headers)
    assert {"ETag": "1", "X-A": "1,2", "x-a": "3"} == server
    lower = outcome.header_map(of("h5").profile, headers)
    assert {"etag": "1", "x-a": "1,2,3"} == lower


def test_the_headers_event_is_wrapped_or_bare() -> None:
    """Alipay hands over the map itself."""
    headers = (("X-A", "1"),)
    wrapped = outcome.headers_payload(of("wx").profile, 200, headers)
    assert {"header": {"X-A": "1"}} == wrapped
    assert {"X-A": "1"} == outcome.headers_payload(of("my").profile, 200, headers)


# --- progress


@pytest.mark.parametrize(
    ("sent", "total", "floor", "nearest"),
    [(0, 200, 0, 0), (1, 200, 0, 1), (199, 200, 99, 100), (200, 200, 100, 100), (0, 0, 100, 100)],
)
def test_a_percent_is_floored_or_rounded(sent: int, total: int, floor: int, nearest: int) -> None:
    """H5 rounds half up, the others floor; nothing at all is complete."""
    assert floor == outcome.percent(of("wx").profile, sent, total)
    assert nearest == outcome.percent(of("h5").profile, sent, total)


@given(st.data())
def test_a_percent_stays_within_its_bounds_and_never_falls(data: st.DataObject) -> None:
    """More bytes are never a smaller number, and all of them are 100."""
    total = data.draw(st.integers(1, 10**15))
    more = data.draw(st.integers(0, total))
    less = data.draw(st.integers(0, more))
    for profile in (of("wx").profile, of("h5").profile):
        low, high = outcome.percent(profile, less, total), outcome.percent(profile, more, total)
        assert 0 <= low <= high <= outcome.percent(profile, total, total) == 100


@pytest.mark.parametrize("name", ["wx", "h5"])
@given(total=st.integers(0, 1000) | st.integers(0, 10**15), data=st.data())
def test_what_is_no_news_is_a_range_of_bytes(name: str, total: int, data: st.DataObject) -> None:
    """From one report on, the next news is the first byte of another percent, or the end."""
    profile = of(name).profile

    def news(sent: int) -> tuple[int, bool]:
        return outcome.percent(profile, sent, total), sent >= total

    sent = data.draw(st.integers(0, total) | st.integers(max(0, total - 3), total))
    same = outcome.same_progress(profile, sent, total)
    assert sent == same.start
    assert news(same.stop - 1) == news(sent)
    assert same.stop > total or news(same.stop) != news(sent)


@pytest.mark.parametrize(
    ("names", "keys"),
    [
        ("sent", {"totalBytesSent", "totalBytesExpectedToSend"}),
        ("written", {"totalBytesWritten", "totalBytesExpectedToWrite"}),
    ],
)
def test_progress_is_told_in_the_hosts_words(names: str, keys: set[str]) -> None:
    """`progress_names` chooses one spelling, or both."""
    payload = outcome.progress_payload(of("my", progress_names=names).profile, 50, 200)
    assert {"progress"} | keys == set(payload)
    assert [25, 50, 200] == list(payload.values())
    both = outcome.progress_payload(of("my", progress_names="both").profile, 50, 200)
    assert keys < set(both)
    assert 5 == len(both)


def test_two_results_of_one_answer_share_nothing() -> None:
    """Every call to shape an answer makes new objects."""
    target = of("wx:devtools")
    one, two = shaped(target), shaped(target)
    assert one == two
    assert one["header"] is not two["header"]
    assert one["cookies"] is not two["cookies"]


@pytest.mark.parametrize("name", PROFILES)
def test_a_copied_success_shares_nothing_with_the_first(name: str) -> None:
    """What one listener does to its result reaches no other one, and no record."""
    requesting = of(name).requesting
    assert requesting is not None
    told = outcome.Answer(reply(), MOMENTS, "", {"data": {"inner": []}})
    own = outcome.shape(requesting, "request").success(told, {})
    for one in (
        shaped(of(name)),
        shaped(of(name), enableProfile=False),
        shaped(requesting),
        own,
    ):
        other = copied(one)
        assert one == other
        assert not _containers(one) & _containers(other)


def _containers(value: object) -> set[int]:
    inner = value.values() if isinstance(value, dict) else value
    if not isinstance(value, (dict, list)):
        return set()
    return {id(value)}.union(*(_containers(one) for one in inner))  # type: ignore[attr-defined]
