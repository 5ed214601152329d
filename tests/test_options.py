"""Options as given -> options as the host understands them."""

from __future__ import annotations

import re
from itertools import product
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.files import HostFile
from bridge.options import Reader, fresh_verdict, reader, rules_for, understand, verdict
from bridge.outcome import failure
from bridge.reasons import Reason
from bridge.target import resolve
from bridge.trace import Decisions
from bridge.values import Foreign, undefined

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

    from bridge.options import Understood
    from bridge.profile import Options

API = "uploadFile"
FILE = HostFile(name="a.png", path="blob:1", size=3)
GOOD: Options = {"url": "https://a.test/", "filePath": "x", "name": "f"}
HOSTS = ("wx", "my", "tt:feishu", "tt:douyin", "uni/h5", "uni/app")

ONE_OF_EACH_BRAND: tuple[object, ...] = (
    "image",
    "else",
    "",
    True,
    1,
    1.5,
    {},
    [],
    (),
    None,
    undefined,
    b"x",
    FILE,
    print,
)
PLAIN = st.sampled_from(ONE_OF_EACH_BRAND)
ENTRY = st.fixed_dictionaries({}, optional=dict.fromkeys(("name", "file", "uri", "other"), PLAIN))
FILES = st.lists(ENTRY | PLAIN | st.lists(PLAIN, max_size=2), max_size=4)
ANY = PLAIN | FILES | FILES.map(tuple) | ENTRY


def read(target: str, options: Options, **overrides: object) -> Understood:
    """Understand options as a target's host does."""
    return understand(resolve(target, overrides), API, options, Decisions())


def text(target: str, options: Options, **overrides: object) -> object:
    """Return what the host says to options it refuses."""
    found = resolve(target, overrides)
    seen = understand(found, API, options, Decisions())
    assert seen.failure is not None
    assert Reason.BAD_PARAMETER is seen.failure.reason
    return failure(found, seen.failure, "")[found.profile.message_key]


def options_for(target: str, api: str) -> SearchStrategy[Options]:
    """Return random subsets of an API's options with values of every brand."""
    keys = rules_for(resolve(target), api).properties
    return st.fixed_dictionaries({}, optional=dict.fromkeys(keys, ANY))


# --- verdicts


@pytest.mark.parametrize("api", [API, "chooseImage"])
@pytest.mark.parametrize("target", [*HOSTS, "my@10.2.79", "uni/h5@2.6.14"])
def test_a_cached_verdict_always_equals_a_fresh_one(target: str, api: str) -> None:
    """Types, presence and enum values alone decide, so the signature is all that counts."""
    rules = rules_for(resolve(target), api)

    @settings(deadline=None, max_examples=40)
    @given(options_for(target, api))
    def holds(present: Options) -> None:
        fresh = tuple(fresh_verdict(rules, present))
        assert fresh == verdict(rules, present)
        assert fresh == verdict(rules, present)

    holds()


@pytest.mark.parametrize("file_type", ["checked", "ignored"])
def test_a_cached_verdict_is_right_under_every_reading_of_file_type(file_type: str) -> None:
    """The readings of `fileType` share no verdicts."""
    rules = rules_for(resolve("my", {"file_type": file_type}), API)

    @settings(deadline=None)
    @given(options_for("my", API))
    def holds(present: Options) -> None:
        assert tuple(fresh_verdict(rules, present)) == verdict(rules, present)

    holds()


def test_the_cache_does_not_grow_with_what_is_uploaded() -> None:
    """Neither a long array nor ever new texts make new entries for ever."""
    rules = rules_for(resolve("my"), API)
    held = rules_for(resolve("uni/h5"), API)
    for number in range(50):
        verdict(rules, {**GOOD, "fileType": f"kind {number}"})
        verdict(held, {"url": "u", "files": [{"uri": "x"}] * (number + 1)})
    sizes = len(rules.verdicts), len(held.verdicts)
    for number in range(50, 100):
        verdict(rules, {**GOOD, "fileType": f"kind {number}"})
        verdict(held, {"url": "u", "files": [{"uri": "x"}] * (number + 1)})
    assert sizes == (len(rules.verdicts), len(held.verdicts))


def test_the_cache_is_bounded() -> None:
    """Whatever the callers do, a few thousand verdicts are the most that is kept."""
    rules = rules_for(resolve("wx@1.9.9"), "chooseMedia")
    kinds: tuple[object, ...] = ("a", True, 1, {}, [], None, undefined, b"", FILE, print)
    keys = list(rules.properties)[:4]
    for number in range(len(kinds) ** 4):
        digits = f"{number:04d}"
        present = {key: kinds[int(digit)] for key, digit in zip(keys, digits, strict=True)}
        verdict(rules, present)
        assert 4096 >= len(rules.verdicts)


# --- readings


FOREIGN = (Foreign("Date", "today"), Foreign("Symbol", "Symbol(a)"))
ENTRIES = ([{"uri": "x"}], [{"uri": "x", "odd": 1}], [{"uri": 5}], [{"name": "n"}, "x"])


def keys_of(target: str, api: str) -> tuple[str, ...]:
    """Return every name of an option: the host's own, the renamed ones, and two of nobody."""
    found = resolve(target)
    own = rules_for(found, api).properties
    return (*own, *found.profile.option_aliases, "odd", "strange")


@pytest.mark.parametrize("api", [API, "chooseImage"])
@pytest.mark.parametrize("target", [*HOSTS, "wx@2.9.9", "uni/h5@2.6.14"])
def test_a_kept_reading_always_equals_a_fresh_one(target: str, api: str) -> None:
    """Calls that differ in one name or value may be read alike only if they come to the same."""
    keys = keys_of(target, api)
    calls = st.lists(st.tuples(st.sampled_from(keys), ANY), max_size=8).map(dict)

    @settings(deadline=None, max_examples=20)
    @given(calls, st.sets(st.sampled_from(keys), min_size=2, max_size=2))
    def holds(options: Options, names: set[str]) -> None:
        memory = Reader(resolve(target), api)
        for name, value in product(names, (*ONE_OF_EACH_BRAND, *FOREIGN, *ENTRIES)):
            call = {**options, name: value}
            fresh, kept = memory.fresh(call), memory.reading(call)
            assert list(fresh.values(call).items()) == list(kept.values(call).items())
            assert fresh.decisions == kept.decisions
            assert fresh.failure == kept.failure
            assert (fresh.unknown, fresh.idle) == (kept.unknown, kept.idle)

    holds()


def test_readings_do_not_grow_with_what_is_uploaded() -> None:
    """Ever new texts, numbers and entries of a list are one call to the host."""
    wx, h5 = reader(resolve("wx", {"limit": 3}), API), reader(resolve("uni/h5", {"limit": 3}), API)
    for number in range(50):
        wx.reading({**GOOD, "url": f"https://a.test/{number}", "timeout": number})
        h5.reading({"url": "u", "files": [{"uri": f"{number}"}] * (number + 1)})
    assert (1, 1) == (len(wx.readings), len(h5.readings))


def test_readings_are_bounded() -> None:
    """A mini-program that makes up options all the time fills no memory."""
    memory = reader(resolve("wx", {"limit": 3}), API)
    for number in range(4200):
        memory.reading({**GOOD, f"odd{number}": 1})
    assert 4096 >= len(memory.readings) > 0


def test_what_is_done_to_one_calls_values_does_not_reach_the_next() -> None:
    """A reading is shared, its values are not, whether or not options were renamed or dropped."""
    for target, options in (("wx", GOOD), ("my", {**GOOD, "fileType": "image", "fileName": "g"})):
        first, second = (read(target, options) for _ in range(2))
        assert first.values == second.values
        assert first.values is not second.values


def test_options_are_read_against_their_version() -> None:
    """An option of a later version is unknown, and the record says from when it exists."""
    decisions = Decisions()
    seen = understand(resolve("wx@2.9.9"), API, {**GOOD, "timeout": 5}, decisions)
    assert ("timeout",) == seen.unknown
    assert "timeout" not in seen.values
    [note] = decisions.to_json({})
    assert "timeout exists from 2.10.0 on: dropped" == note["effect"]


# --- absent, alias, default


def test_unknown_keys_are_dropped_and_named() -> None:
    """A key no host knows never reaches the call."""
    decisions = Decisions()
    seen = understand(resolve("wx"), API, {**GOOD, "method": "PUT"}, decisions)
    assert ("method",) == seen.unknown
    assert "method" not in seen.values
    assert ["unknown_key"] == decisions.rules()


@pytest.mark.parametrize("target", HOSTS)
@pytest.mark.parametrize("value", [None, undefined])
def test_null_and_undefined_count_as_absent(target: str, value: object) -> None:
    """An optional option with either is filled with its default."""
    given = {**GOOD, "fileType": "image", "header": value, "timeout": value}
    seen = read(target, given)
    assert seen.failure is None
    assert "header" not in seen.values
    assert seen.values.get("timeout", 60_000) == 60_000


@pytest.mark.parametrize(("target", "refused"), [("wx", False), ("tt", True), ("tt:douyin", True)])
def test_an_empty_text_is_absent_where_the_host_says_so(target: str, *, refused: bool) -> None:
    """Feishu and Douyin take an empty `name` for a missing one, WeChat does not."""
    assert refused is (read(target, {**GOOD, "name": ""}).failure is not None)


def test_defaults_are_filled_in_schema_order() -> None:
    """The understood options come in the order of the schema, not of the caller."""
    seen = read("wx", {"name": "f", "filePath": "x", "url": "u"})
    assert ["url", "filePath", "name", "timeout", "enableProfile"] == list(seen.values)[:5]
    assert 60_000 == seen.values["timeout"]
    assert seen.values["enableProfile"] is True


@pytest.mark.parametrize(
    ("expected", "given"),
    [
        ("b", {"fileName": "b"}),
        ("a", {"name": "a"}),
        ("b", {"name": "a", "fileName": "b"}),
        ("a", {"name": "a", "fileName": ""}),
        ("a", {"name": "a", "fileName": None}),
    ],
)
def test_an_alias_wins_unless_it_is_empty(expected: str, given: Options) -> None:
    """Alipay reads `fileName` as `name`."""
    options = {"url": "u", "filePath": "x", "fileType": "image", **given}
    seen = read("my", options)
    assert expected == seen.values["name"]
    assert () == seen.unknown


# --- mismatches


def test_wechat_names_every_problem_with_the_brand_of_the_value() -> None:
    """A missing option reads as Undefined, null as Null."""
    assert (
        "uploadFile:fail parameter error: parameter.url should be String instead of Undefined;"
        "parameter.filePath should be String instead of Null;"
        "parameter.name should be String instead of Array;"
    ) == text("wx", {"filePath": None, "name": []})


def test_douyin_names_the_first_problem_only() -> None:
    """Its two texts tell a missing option from one of a wrong type."""
    assert "uploadFile:fail params.filePath should be string" == text("tt:douyin", {"url": "u"})
    wrong = text("tt:douyin", {**GOOD, "url": 1, "name": 1})
    assert "uploadFile:fail params.url should be string" == wrong


def test_a_wrong_optional_option_stops_only_hosts_that_check_them_all() -> None:
    """Feishu fails for a wrong `header`, WeChat drops it."""
    assert "uploadFile:fail invalid parameter" == text("tt", {**GOOD, "header": "x"})
    decisions = Decisions()
    seen = understand(resolve("wx"), API, {**GOOD, "header": "x"}, decisions)
    assert seen.failure is None
    assert "header" not in seen.values
    [note] = decisions.to_json({})
    assert "header should be object, not String: dropped" == note["effect"]


@pytest.mark.parametrize(
    ("target", "api", "given", "effect"),
    [
        ("my", API, {"fileType": "doc"}, "fileType is none of image, video, audio"),
        ("tt", "chooseImage", {"cameraDevice": "top"}, "cameraDevice is none of back, front"),
        ("tt", "chooseImage", {"sizeType": ["big"]}, "sizeType is wrong inside"),
        ("wx", "chooseMedia", {"camera": "top"}, "camera is none of back, front: dropped"),
        ("uni/h5", "chooseImage", {"sizeType": [5]}, "sizeType differs inside: a warning only"),
        (
            "uni/h5",
            "chooseImage",
            {"sizeType": 5},
            "sizeType should be array or string, not Number: dropped",
        ),
    ],
)
def test_the_record_tells_a_wrong_value_from_a_wrong_type(
    target: str, api: str, given: dict[str, object], effect: str
) -> None:
    """A text in the place of a text is not of a wrong type."""
    decisions = Decisions()
    understand(resolve(target), api, {**GOOD, **given} if api == API else given, decisions)
    assert effect in [note["effect"] for note in decisions.to_json({})]


@pytest.mark.parametrize(
    ("target", "given", "effects"),
    [
        ("tt", {"header": ""}, ["header is an empty string: absent"]),
        ("wx", {"header": None}, ["header is null: absent"]),
        ("wx", {"header": undefined}, ["header is undefined: absent"]),
        ("my", {"fileType": "image", "fileName": "g"}, ["fileName is read as name"]),
        ("wx", {"odd": 1}, ["odd is not an option here: dropped"]),
        ("uni/h5", {"files": [{"uri": 5}]}, ["files differs inside: a warning only"]),
        (
            "uni/app",
            {"files": [{"uri": "x", "c": 1, "a": 1}, {"uri": "y", "b": 1}]},
            [f"{name} inside files is not an option here: dropped" for name in "abc"],
        ),
    ],
)
def test_the_record_tells_what_became_of_an_option(
    target: str, given: Options, effects: list[str]
) -> None:
    """Each rule that decided has one line, and no other rule has."""
    decisions = Decisions()
    understand(resolve(target), API, {**GOOD, **given}, decisions)
    assert effects == [note["effect"] for note in decisions.to_json({})]


def test_a_host_that_only_warns_reads_a_wrong_text_as_javascript_does() -> None:
    """On H5 a number for `name` becomes a text, and a missing `url` is a warning."""
    decisions = Decisions()
    seen = understand(resolve("uni/h5"), API, {"name": 5, "header": 1}, decisions)
    assert seen.failure is None
    assert "5" == seen.values["name"]
    assert "header" not in seen.values
    effects = [str(note["effect"]) for note in decisions.to_json({})]
    assert "url is missing: a warning only" in effects
    assert "name is Number: read as text" in effects


def test_a_host_that_only_warns_keeps_files_that_name_a_file_object() -> None:
    """On H5 an entry may have `file` in place of the documented `uri`."""
    files = [{"name": "a", "file": FILE}]
    assert files == read("uni/h5", {"url": "u", "files": files}).values["files"]


@pytest.mark.parametrize("files", [[FILE], [None], ["x"], [[]], "x", {}])
def test_files_of_any_kind_are_judged_without_an_error_of_ours(files: object) -> None:
    """Only the host's own words may answer a strange `files`."""
    assert read("uni/h5", {"url": "u", "files": files}).failure is None


def test_an_unknown_key_inside_files_is_dropped_and_named() -> None:
    """An App's entries have no `file`."""
    decisions = Decisions()
    files = [{"uri": "x", "file": FILE}, {"uri": "y"}]
    seen = understand(resolve("uni/app"), API, {"url": "u", "files": files}, decisions)
    assert [{"uri": "x"}, {"uri": "y"}] == seen.values["files"]
    effects = [note["effect"] for note in decisions.to_json({})]
    assert "file inside files is not an option here: dropped" in effects


# --- Alipay's fileType


@pytest.mark.parametrize(
    ("reading", "given", "refused"),
    [
        ("required", {}, True),
        ("required", {"fileType": "doc"}, True),
        ("required", {"fileType": "audio"}, False),
        ("checked", {}, False),
        ("checked", {"fileType": "doc"}, True),
        ("ignored", {}, False),
        ("ignored", {"fileType": 7}, False),
    ],
)
def test_file_type_is_judged_as_the_profile_reads_it(
    reading: str, given: Options, *, refused: bool
) -> None:
    """A missing kind fails where it is required, an unknown one wherever it is judged."""
    seen = read("my", {**GOOD, **given}, file_type=reading)
    assert refused is (seen.failure is not None)


def test_an_ignored_file_type_is_taken_as_it_is() -> None:
    """Nothing is said of it, whatever it is."""
    decisions = Decisions()
    target = resolve("my", {"file_type": "ignored"})
    seen = understand(target, API, {**GOOD, "fileType": 7}, decisions)
    assert (7, []) == (seen.values["fileType"], decisions.rules())


def test_an_api_without_a_schema_is_named() -> None:
    """The error lists what the host has."""
    with pytest.raises(KeyError, match=re.escape("no schema 'chooseMedia' for 'my'")):
        rules_for(resolve("my"), "chooseMedia")
