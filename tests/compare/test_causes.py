"""Why targets differ: each value with its rule and source, and no rule that does not matter."""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING

import pytest

from bridge import Bridge, Profile, compare
from bridge.comparison import Cause
from bridge.target import resolve
from tests.compare.finding import PICTURE, SEED, Found, found

if TYPE_CHECKING:
    from collections.abc import Iterable

    from bridge.comparison import Difference
    from tests.compare.finding import Options

OLD = ("wx@2.9.0", "wx@3.5.0", "my@10.1.0", "tt:feishu@4.0.0")
ODD: dict[str, Options] = {
    "as it is": {},
    "no file type": {"fileType": None},
    "an unknown file type": {"fileType": "zip"},
    "a Content-Type and forbidden headers": {
        "header": {
            "Content-Type": "text/plain",
            "Referer": "https://x.test",
            "User-Agent": "me",
            "Cookie": "a=b",
            "X-Own": "1",
        }
    },
    "an empty name": {"name": ""},
    "no name": {"name": None},
    "a missing file": {"filePath": "nowhere.png"},
    "plain http": {"url": "http://www.example.com/"},
    "another scheme": {"url": "ftp://www.example.com/"},
    "no address": {"url": "nonsense"},
    "a number for an address": {"url": 7},
    "a text for an object": {"formData": "x", "header": None},
    "another spelling": {"fileName": "avatar"},
    "several files": {"files": [{"name": "a", "uri": "nowhere"}]},
    "no profile": {"enableProfile": False},
    "a domain": {"url": "/upload", "domain": "https://www.example.com"},
    "a text for a number": {"timeout": "5"},
}
CALLS: dict[str, tuple[str, Options]] = {
    "a query": ("request", {"data": {"a": [1, 2], "n": None}}),
    "a JSON body": ("request", {"method": "POST", "data": {"a": 1}}),
    "a form": (
        "request",
        {
            "method": "post",
            "data": {"a": 1},
            "header": {"content-type": "application/x-www-form-urlencoded"},
        },
    ),
    "an unknown method": ("request", {"method": "PATCH"}),
    "headers under either name": (
        "request",
        {"header": {"X-One": "1"}, "headers": {"X-Two": "2"}, "dataType": "text"},
    ),
    "a refused scheme": ("request", {"url": "ftp://www.example.com/"}),
    "a picker": ("chooseImage", {}),
    "a picker with a wrong option": ("chooseImage", {"count": "x"}),
    "a picker that few have": ("chooseMedia", {}),
    "a key that is not stored": ("getStorage", {"key": "x"}),
    "a value to store": ("setStorage", {"key": "x", "data": 1}),
    "the system": ("getSystemInfo", {}),
    "the network": ("getNetworkType", {}),
    "a dialog": ("showModal", {"title": "x", "content": "y"}),
    "a toast": ("showToast", {"title": "x"}),
}


def unexplained(differences: Iterable[Difference]) -> list[tuple[str, tuple[str, ...]]]:
    """Return the values without a known rule: where, and on which targets."""
    return [
        (one.field, variant.targets)
        for one in differences
        for variant in one.variants
        if not variant.explained
    ]


async def test_no_difference_of_the_seeds_call_is_unexplained_on_any_target(seed: Options) -> None:
    """On every target there is, each value has a rule with a source for each target that has it."""
    comparison = await compare(seed, ["all", *OLD])
    assert [] == unexplained(comparison.differences)
    assert len(comparison.differences) > 60
    for difference in comparison.differences:
        for variant in difference.variants:
            cited = {name for cause in variant.because if cause.source for name in cause.targets}
            assert set(variant.targets) == cited


@pytest.mark.parametrize("odd", ODD)
async def test_no_difference_of_an_odd_call_is_unexplained(seed: Options, odd: str) -> None:
    """Whatever is wrong with the call, what comes of it has its rules."""
    comparison = await compare({**seed, **ODD[odd]}, ["all", *OLD])
    assert [] == unexplained(comparison.differences)
    assert comparison.differences


@pytest.mark.parametrize("name", CALLS)
async def test_no_difference_of_another_api_is_unexplained(name: str) -> None:
    """Requests, pickers and the phone's own APIs are governed by rules as well."""
    api, options = CALLS[name]
    comparison = await compare(options, ["all", *OLD], api=api)
    assert [] == unexplained(comparison.differences)
    assert comparison.differences


FIELDS = {field.name for field in fields(Profile)}
BY_VERSION = {"since", "until", "older"}
TELLING = (
    "as it is",
    "no file type",
    "a Content-Type and forbidden headers",
    "an empty name",
    "a missing file",
    "plain http",
    "a number for an address",
)


@pytest.mark.parametrize("odd", TELLING)
@pytest.mark.parametrize(
    ("one", "other"),
    [("my:ide", "my"), ("wx", "wx:devtools"), ("tt:feishu", "wx"), ("uni/h5", "uni/app")],
)
async def test_a_difference_is_gone_once_its_rules_are_the_same(
    seed: Options, odd: str, one: str, other: str
) -> None:
    """With the cited fields of the one target set as on the other, they do not differ there."""
    call = {**seed, **ODD[odd]}
    left = []
    for difference in (await compare(call, [one, other])).differences:
        rules = {cause.rule for variant in difference.variants for cause in variant.because}
        if not rules <= FIELDS - BY_VERSION:
            continue
        there = resolve(other).profile
        set_alike = {rule: getattr(there, rule) for rule in rules}
        seen = Found(await compare(call, [(one, set_alike), other]))
        if difference.field in seen and not is_of_another_kind(difference, seen[difference.field]):
            left.append((difference.field, rules))
    assert [] == left


def is_of_another_kind(before: Difference, after: Difference) -> bool:
    """Tell whether one of two was absent before, and is there now with another value."""
    was_absent, is_absent = (
        any("absent" == repr(variant.value) for variant in difference.variants)
        for difference in (before, after)
    )
    return was_absent and not is_absent


async def test_a_cause_says_what_the_rule_is_and_where_it_is_written(seed: Options) -> None:
    """Field, value, and the source of the very host."""
    seen = await found(seed, "my:ide", "my")
    (cause,) = seen.variant("success.statusCode", "my:ide").because
    source = resolve("my:ide").profile.sources["status_code"]
    assert Cause("status_code", "string", source, ("my:ide",)) == cause


async def test_targets_of_one_value_may_have_it_for_other_reasons(seed: Options) -> None:
    """The number on Alipay and the number on Feishu are facts of two pages."""
    seen = await found(seed, "my:ide", "my", "tt:feishu")
    causes = seen.variant("success.statusCode", "my").because
    assert [("my",), ("tt:feishu",)] == [cause.targets for cause in causes]
    assert "number" == causes[0].says == causes[1].says
    assert causes[0].source != causes[1].source


async def test_an_option_that_a_host_does_not_list_is_explained_by_its_list(seed: Options) -> None:
    """What is not on the page is told with the page."""
    seen = await found(seed, "my", "tt:feishu")
    (cause,) = seen.variant("understood.timeout", "tt:feishu").because
    assert ("uploadFile.option.timeout", "no such option") == (cause.rule, cause.says)
    assert cause.source is not None
    assert "uploadfile" in cause.source.address
    assert "by absence: it lists url, filePath, name, header, formData" == cause.source.note


async def test_a_refusal_is_explained_on_both_sides(seed: Options) -> None:
    """Alipay requires `fileType`, WeChat has never heard of it: that is the difference."""
    del seed["fileType"]
    seen = await found(seed, "my", "wx")
    rules = {"uploadFile.option.fileType", "file_type", "mismatch"}
    assert rules == set(seen.rules("outcome", "my"))
    said = {cause.rule: cause.says for cause in seen.variant("outcome", "wx").because}
    none = {"uploadFile.option.fileType": "no such option", "file_type": "none"}
    assert {**none, "mismatch": "required"} == said


async def test_a_rule_that_is_the_same_everywhere_is_not_cited(seed: Options) -> None:
    """Both hosts name a part after its path, so only the form of the path makes a difference."""
    seen = await found(seed, "my", "tt:feishu")
    assert ["paths"] == seen.rules("sent.parts.file.filename", "my")
    seen = await found(seed, "my", "uni/h5")
    assert ["filename", "paths"] == seen.rules("sent.parts.file.filename", "my")


async def test_what_a_version_lacks_is_explained_by_when_it_came(seed: Options) -> None:
    """Keys, members and options each by the version that has them."""
    seen = await found(seed, "wx@1.9.0", "wx")
    for field, says in (
        ("success.profile", "profile from 3.5.0 on"),
        ("task.onHeadersReceived", "onHeadersReceived from 2.1.0 on"),
        ("understood.timeout", "from 2.10.0 on"),
        ("after_success.order", "onHeadersReceived from 2.1.0 on"),
    ):
        assert [says] == [cause.says for cause in seen.variant(field, "wx@1.9.0").because]


async def test_listeners_that_do_nothing_are_why_nothing_is_heard(seed: Options) -> None:
    """Host and H5 have members of the same names, and one that throws hears nothing."""
    seen = await found(seed, "wx", "uni/h5")
    (cause,) = seen.variant("after_success.order", "uni/h5").because
    assert ("members", "onHeadersReceived: throw:Method not implemented.") == (
        cause.rule,
        cause.says,
    )


async def test_what_a_newer_version_dropped_is_explained_by_when_it_went(seed: Options) -> None:
    """Feishu's failures had `data` until 4.7.0."""
    seen = await found({**seed, "filePath": "nowhere"}, "tt:feishu@4.0.0", "tt:feishu")
    assert ["data until 4.7.0"] == [
        cause.says for cause in seen.variant("fail.data", "tt:feishu").because
    ]


async def test_what_a_layer_does_is_explained_by_the_layer(seed: Options) -> None:
    """On Alipay uni makes up `errMsg`, and it returns a Promise where nobody listens."""
    seen = await found(seed, "my", "uni/my")
    assert ["uni.results"] == seen.rules("success.errMsg", "uni/my")
    assert ["success"] == seen.rules("success.errMsg", "my")
    assert "uni.returns" in seen.rules("returned.without_callbacks", "uni/my")
    assert "uni.rename" in seen.rules("renamed", "uni/my")


async def test_a_target_without_the_layer_is_said_to_have_none() -> None:
    """Where the host itself has no rule for it, the layer's absence is the cause."""
    seen = await found({"api": "request", "options": {}}, "my", "mpx/my")
    said = [cause.says for cause in seen.variant("after_success.complete", "my").because]
    assert {"no mpx here"} == set(said)


async def test_what_was_set_is_named_as_set(seed: Options) -> None:
    """A reading that the comparison chose has no source, and needs none."""
    seen = await found(seed, "my", ("my", {"status_code": "string"}))
    (cause,) = seen.variant("success.statusCode", "my [status_code=string]").because
    assert (True, None, True) == (cause.chosen, cause.source, cause.known)
    assert seen["success.statusCode"].explained


@pytest.mark.parametrize(
    ("targets", "field", "rule"),
    [
        (["wx", ("wx", {"request": {"success": ("data", "errMsg")}})], "cookies", "success"),
        (["mpx/my", ("mpx/my", {"use_promise": "on"})], "", "mpx.use_promise"),
    ],
)
async def test_what_was_set_inside_a_request_or_a_layer_is_named_as_set(
    targets: list[str], field: str, rule: str
) -> None:
    """Both are fields a test may set."""
    seen = await found({"api": "request", "options": {}}, *targets)
    place = f"success.{field}" if field else "returned.with_callbacks"
    name = next(one for one in seen.comparison.targets if "[" in one)
    chosen = [cause.rule for cause in seen.variant(place, name).because if cause.chosen]
    assert [rule if "." in rule else f"request.{rule}"] == chosen


async def test_the_rule_of_an_old_version_has_the_source_of_that(seed: Options) -> None:
    """Before 3.8.10 WeChat refused one upload too many; it is that reading which decides here."""
    seen = await found(seed, ("wx@3.5.0", {"limit": 0}), "wx")
    assert "fail: over_limit, nothing sent" == seen.values("outcome")["wx@3.5.0"]
    (cause,) = seen.variant("outcome", "wx@3.5.0").because
    assert ("overflow", "reject, before 3.8.10") == (cause.rule, cause.says)
    assert resolve("wx").profile.sources["older"] == cause.source


@pytest.mark.parametrize(
    ("field", "says"),
    [("cookies", "cookies from 2.10.0 on"), ("profile", "profile from 2.10.4 on")],
)
async def test_what_an_old_request_lacks_has_the_dates_of_a_request(field: str, says: str) -> None:
    """An upload has `profile` from another version on, and no `cookies` at all."""
    seen = await found({"api": "request", "options": {}}, "wx@2.9.0", "wx")
    (cause,) = seen.variant(f"success.{field}", "wx@2.9.0").because
    assert ("request.since", says) == (cause.rule, cause.says)


async def test_an_old_request_too_many_is_refused_by_the_rule_of_its_time() -> None:
    """It waits from 1.4.0 on."""
    seen = await found({"api": "request", "options": {}}, "wx@1.3.9", "wx@1.4.0")
    (cause,) = seen.variant("limits.one_more", "wx@1.3.9").because
    assert ("request.overflow", "reject, before 1.4.0") == (cause.rule, cause.says)
    assert resolve("wx").profile.sources["older"] == cause.source


@pytest.mark.parametrize(
    ("call", "target", "rule"),
    [
        ({"api": "request", "options": {"method": "PATCH"}}, "wx", "request.unknown_method"),
        ({"api": "request", "options": {"method": "TRACE"}}, "uni/h5", "request.unknown_method"),
        ({"api": "chooseImage", "options": {"count": "x"}}, "tt:feishu", "texts.BAD_PARAMETER"),
        ({"api": "getStorage", "options": {"key": "x"}}, "wx", "device.getStorage.texts.missing"),
        ({"api": "getStorage", "options": {"key": 7}}, "wx", "device.getStorage"),
        ({"filePath": "nowhere", "name": "f"}, "tt:feishu", "texts.MISSING_FILE"),
        ({"filePath": "nowhere", "name": ""}, "wx", "blank_name"),
    ],
)
async def test_a_failures_text_is_explained_by_where_it_stands(
    call: Options, target: str, rule: str
) -> None:
    """A text of its own for an API or a case comes before the usual one for the reason."""
    seen = await found(call, "wx", "my", "tt:feishu", "tt:douyin", "uni/h5")
    assert rule in seen.rules("fail.errMsg", target)


async def test_a_reason_that_a_host_cannot_meet_reads_as_its_internal_error(seed: Options) -> None:
    """A browser has no largest file, so a test that sets one gets the general text."""
    seen = await found(seed, ("uni/h5", {"max_size": 1}), ("wx", {"max_size": 1}))
    assert ["texts.INTERNAL"] == seen.rules("fail.errMsg", "uni/h5")
    assert ["texts.OVER_SIZE"] == seen.rules("fail.errMsg", "wx")


async def test_a_difference_without_a_rule_is_shown_as_such(seed: Options) -> None:
    """What the test itself does differently per target is no rule of any host."""

    def differently(bridge: Bridge) -> Options:
        return {"formData": {"user": bridge.target}}

    seen = await found(seed, "my", "my:harmony", setup=differently)
    difference = seen["sent.parts.user.text"]
    assert not difference.explained
    assert [(), ()] == [variant.because for variant in difference.variants]
    assert "no rule is known for this" in seen.comparison.to_text()
    assert ", 3 of them for no known rule" in seen.comparison.to_text().splitlines()[0]


def test_the_seed_is_the_documents_call() -> None:
    """It uploads one file with one field, and the picture is one."""
    assert {"url", "name", "fileType", "formData"} == SEED.keys()
    assert PICTURE.startswith(b"\x89PNG")
