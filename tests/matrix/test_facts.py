"""The facts of a platform: every source of it once, under one address each, as JSON data."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import fields, is_dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest

import schemas
from bridge import registry
from bridge.facts import Fact, facts, plain
from bridge.profile import Layer, Never, Profile, Source, Text, Through
from platforms import wechat

if TYPE_CHECKING:
    from collections.abc import Iterator

EVERYTHING = registry.everything()

every_platform = pytest.mark.parametrize("platform", EVERYTHING, ids=lambda each: each.name)


def found_in(value: object, kind: type) -> Iterator[Any]:
    """Walk whatever a platform holds and yield each record of one kind."""
    if isinstance(value, kind):
        yield value
    elif is_dataclass(value):
        for field in fields(value):
            yield from found_in(getattr(value, field.name), kind)
    elif isinstance(value, Mapping):
        for inner in value.values():
            yield from found_in(inner, kind)
    elif isinstance(value, (tuple, list, set, frozenset)):
        for inner in value:
            yield from found_in(inner, kind)


def sources_in_schema(value: object) -> Iterator[Source]:
    """Walk a schema and yield each `x-source`, at any depth."""
    if isinstance(value, dict):
        for key, inner in value.items():
            if key == "x-source":
                yield Source(**inner)
            yield from sources_in_schema(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from sources_in_schema(inner)


def sources_of(platform: Profile | Layer) -> Counter[Source]:
    """Count the sources of a platform and of its schemas."""
    found = Counter(found_in(platform, Source))
    if isinstance(platform, Profile):
        for name in schemas.names(platform.schema):
            found.update(sources_in_schema(schemas.load(platform.schema, name)))
    return found


def told(name: str) -> dict[str, Fact]:
    """Return the facts of a registered platform by entry."""
    return {fact.entry: fact for fact in facts(registry.load(name))}


@every_platform
def test_every_source_is_the_source_of_one_fact(platform: Profile | Layer) -> None:
    """What has a source is a fact, once; what a phone tells of itself is one fact a key."""
    expected = sources_of(platform)
    if isinstance(platform, Profile) and platform.device is not None:
        expected[platform.device.sources["info"]] += len(platform.device.info) - 1
    assert expected == Counter(fact.source for fact in facts(platform) if fact.source.address)


@every_platform
def test_every_text_that_is_never_said_is_a_fact_with_its_note(platform: Profile | Layer) -> None:
    """A reason that cannot be met has no value and no address, only the words why."""
    expected = Counter(never.note for never in found_in(platform, Never))
    silent = [fact for fact in facts(platform) if not fact.source.address]
    assert expected == Counter(fact.source.note for fact in silent)
    assert all(fact.value is None and "texts." in fact.entry for fact in silent)


@every_platform
def test_an_entry_has_one_fact(platform: Profile | Layer) -> None:
    """An address names one claim, made of the platform that was asked for."""
    counted = Counter(fact.entry for fact in facts(platform))
    assert {1} == set(counted.values())
    assert {platform.name} == {fact.host for fact in facts(platform)}


@every_platform
def test_a_value_is_json_data(platform: Profile | Layer) -> None:
    """A value comes back from JSON as it went in."""
    values = {fact.entry: fact.value for fact in facts(platform)}
    assert values == json.loads(json.dumps(values))


@pytest.mark.parametrize(
    ("host", "entry", "value", "since"),
    [
        ("wx", "limit", 10, None),
        ("my:ide", "status_code", "string", None),
        ("my", "empty", ["", "null", "undefined"], None),
        ("my", "texts.MISSING_FILE", {"message": "文件不存在", "code": 11}, None),
        ("my", "request.fixed_timeout", 30000, None),
        ("my", "request.texts.TIMEOUT", {"message": "超时", "code": 13}, None),
        ("my", "request.bad_json", {"message": "JSON parse data error", "code": 14}, None),
        (
            "wx",
            "blank_name",
            {"message": "uploadFile:fail missing required parameters", "code": 1001},
            None,
        ),
        (
            "my",
            "uploadFile.option.fileType",
            {"type": "string", "enum": ["image", "video", "audio"], "required": True},
            None,
        ),
        (
            "my",
            "uploadFile.option.timeout",
            {"type": "number", "default": 60000, "required": False},
            "10.2.80",
        ),
        (
            "h5",
            "uploadFile.option.files[].file",
            {"type": "object", "required": False},
            "2.6.15",
        ),
        (
            "my",
            "uploadFile.success.statusCode",
            {"type": ["number", "string"], "required": True},
            None,
        ),
        ("my", "uploadFile.progress.progress", {"type": "number", "required": True}, None),
        (
            "wx",
            "chooseImage.option.count",
            {"type": "number", "default": 9, "required": False},
            None,
        ),
        (
            "wx",
            "pickers.chooseMessageFile",
            {
                "result": ["tempFiles", "errMsg"],
                "item": ["path", "size", "name", "type", "time"],
                "temp": None,
                "max_count": 100,
            },
            "2.5.0",
        ),
        (
            "wx",
            "pickers.chooseImage.cancelled",
            {"message": "chooseImage:fail cancel", "code": None},
            None,
        ),
        (
            "my",
            "device.network",
            {"wifi": "WIFI", "2g": "2G", "3g": "3G", "4g": "4G", "none": "NOTREACHABLE"},
            None,
        ),
        ("my", "device.info.brand", "Xiaomi", None),
        (
            "wx",
            "device.getDeviceInfo",
            {
                "does": "system.info",
                "kind": "value",
                "given": "list",
                "promise": "never",
                "result": ["brand", "model", "system", "platform"],
            },
            "2.20.1",
        ),
        (
            "wx",
            "device.getStorage.texts.missing",
            {"message": "{api}:fail data not found", "code": None},
            None,
        ),
        (
            "my",
            "device.getFileSystemManager.unlink.texts.missing",
            {"message": "文件不存在", "code": 10022},
            None,
        ),
        ("mpx", "layer.over", ["wx", "my", "tt"], None),
        ("mpx", "layer.results", {"my": "platforms.mpx.alipay_result"}, None),
    ],
)
def test_a_fact_stands_under_its_address(
    host: str, entry: str, value: object, since: str | None
) -> None:
    """Fields, texts, options, results, pickers, device APIs and layers have an address each."""
    assert (value, since) == (told(host)[entry].value, told(host)[entry].since)


def test_the_list_of_apis_is_one_fact_and_each_api_another() -> None:
    """What a device has is known from one place, what each API does from its own."""
    device = wechat.PHONE.device
    assert device is not None
    found = told("wx")
    assert list(device.apis) == found["device.apis"].value
    assert device.sources["apis"] == found["device.apis"].source
    assert device.apis["getStorage"].source == found["device.getStorage"].source


def test_a_key_that_a_variant_never_hands_out_says_so() -> None:
    """The developer tools share the schema of a phone, but give no timings."""
    phone, tool = (told(name)["uploadFile.success.profile"] for name in ("wx", "wx:devtools"))
    assert {"type", "required", "note"} == dict(phone.value).keys()  # type: ignore[call-overload]  # an object
    assert "3.5.0" == phone.since
    assert {**phone.value, "given": False} == tool.value  # type: ignore[dict-item]  # an object
    assert tool.since is None


def test_the_keys_of_a_failed_answer_are_handed_out() -> None:
    """A request's failure holds what was answered beside its own keys."""
    found = told("my")
    assert {"type": "number", "required": False} == found["request.fail.status"].value
    assert {"type": "number", "required": True} == found["request.success.status"].value
    assert wechat.PHONE.request is not None
    told_on_failure = replace(wechat.PHONE.request, success=("data",), answered=("cookies",))
    values = {f.entry: f.value for f in facts(replace(wechat.PHONE, request=told_on_failure))}
    kept, gone = values["request.success.data"], values["request.success.cookies"]
    assert {"required": True} == kept
    assert {"type": "array", "required": False, "given": False} == gone


def test_a_version_of_the_profile_stands_where_its_schema_names_none() -> None:
    """`since` of a profile is that of its result keys, for upload and request alike."""
    assert "5.15" == told("tt:feishu")["uploadFile.fail.errno"].since
    assert "2.24.0" == told("wx")["request.fail.errno"].since
    newer = replace(wechat.PHONE, since={"success.profile": "9.9.9"})
    found = {fact.entry: fact.since for fact in facts(newer)}
    assert "9.9.9" == found["uploadFile.success.profile"]


def test_what_a_schema_says_of_an_option_is_kept() -> None:
    """Its description tells what the entry is, its remark is part of the value."""
    fact = told("wx")["uploadFile.option.useHighPerformanceMode"]
    assert "Whether Android uses its faster network path." == fact.about
    assert isinstance(fact.value, dict)
    assert "Withdrawn by the platform; accepted without effect." == fact.value["note"]
    assert "" == told("wx")["limit"].about


def test_a_host_of_a_third_party_has_facts_under_its_own_name() -> None:
    """Nothing is known of a host but what it holds itself."""
    acme = replace(wechat.PHONE, name="acme", limit=3, request=None, device=None, pickers={})
    found = {fact.entry: fact for fact in facts(acme)}
    source = wechat.PHONE.sources["limit"]
    assert Fact("acme", "limit", 3, None, source) == found["limit"]
    gone = ("request.limit", "request.texts", "device.", "pickers.")
    assert [] == [entry for entry in found if entry.startswith(gone)]


def test_a_device_that_tells_nothing_of_itself_keeps_the_source_of_that() -> None:
    """An empty `info` is one fact, not none."""
    device = wechat.PHONE.device
    assert device is not None
    silent = replace(wechat.PHONE, device=replace(device, info={}))
    assert {"device.info": {}} == {
        fact.entry: fact.value for fact in facts(silent) if fact.entry.startswith("device.info")
    }


def test_records_and_functions_become_plain_data() -> None:
    """A text loses its source, a mapping below it what is empty, a function all but its name."""
    text = Text("no", 1, Source("documented", "a.test/b"))
    assert {"message": "no", "code": 1} == plain(text)
    assert {"below": "alert", "kind": "async"} == plain(Through("alert"))
    assert ["a", "b"] == plain(frozenset({"b", "a"}))
    assert "bridge.facts.facts" == plain(facts)
    assert "functools.partial" == plain(partial(facts))
