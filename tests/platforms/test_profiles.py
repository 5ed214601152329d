"""The host profiles: complete, sourced, well formed, and each variant told by its differences."""

from __future__ import annotations

import ast
import re
import string
import sys
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, cast

import pytest

import platforms
import schemas
from bridge.profile import Never, Paths, Profile, RequestProfile, Source, Text, parse_version
from bridge.reasons import Reason
from platforms import alipay, app, douyin, feishu, h5, wechat

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

PROFILES = (
    wechat.PHONE,
    wechat.DEVTOOLS,
    alipay.PHONE,
    alipay.IDE,
    alipay.HARMONY,
    feishu.PROFILE,
    douyin.PROFILE,
    h5.PROFILE,
    app.PROFILE,
)
IDENTITY = {
    "name",
    "aliases",
    "namespace",
    "title",
    "schema",
    "version_counts",
    "layers_only",
}
SOURCED_BY_THEMSELVES = {"texts", "blank_name", "pickers", "device", "request"}
SOURCED_WHEN_SET = {"since", "until", "older", "without_effect", "forbidden_methods"}
DETAIL = {"host", "ip", "port", "detail", "problems", "limit"}
LONGEST_NOTE = 160
UNDEFINED_FILE_PATH = (
    "uploadFile:fail parameter error: parameter.filePath should be String instead of Undefined;"
)

every_profile = pytest.mark.parametrize("profile", PROFILES, ids=lambda profile: profile.name)


def names_in(template: str) -> set[str]:
    """Return the fields of a `str.format` template, which may be plain names only."""
    parsed = list(string.Formatter().parse(template))
    assert not any(spec or conversion for _, _, spec, conversion in parsed)
    return {name for _, name, _, _ in parsed if name is not None}


def texts_of(profile: Profile) -> dict[str, Text]:
    """Return every text of a profile by where it stands."""
    found = {reason.value: text for reason, text in profile.texts.items() if isinstance(text, Text)}
    found |= {f"{api} cancelled": picker.cancelled for api, picker in profile.pickers.items()}
    found |= {
        f"{api} {key} empty": text
        for api, picker in profile.pickers.items()
        for key, text in picker.empty_lists.items()
    }
    if profile.blank_name is not None:
        found["blank_name"] = profile.blank_name
    return found


def sources_of(profile: Profile) -> Iterator[tuple[str, Source]]:
    """Yield every source of a profile with the place it stands at."""
    yield from profile.sources.items()
    for place, text in texts_of(profile).items():
        yield place, text.source
    for api, picker in profile.pickers.items():
        yield api, picker.source
    if profile.request is not None:
        yield from profile.request.sources.items()


def differences(variant: Profile, parent: Profile) -> set[str]:
    """Return the fields in which two profiles differ, identity and sources aside."""
    names = {field.name for field in fields(Profile)} - IDENTITY - {"sources"}
    return {name for name in names if getattr(variant, name) != getattr(parent, name)}


def changed_keys(variant: Mapping[str, object], parent: Mapping[str, object]) -> set[str]:
    """Return the keys under which two mappings hold different values."""
    return {str(key) for key in {*variant, *parent} if variant.get(key) != parent.get(key)}


def imported(path: Path) -> set[str]:
    """Return the modules that a source file imports."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found.add("." * node.level + (node.module or ""))
    return found


def test_the_built_hosts_are_these() -> None:
    """Nine profiles and their aliases carry the names of the targets, each only once."""
    names = [name for profile in PROFILES for name in (profile.name, *profile.aliases)]
    expected = {
        "wx", "wx:device", "wx:devtools", "my", "my:device", "my:ide", "my:harmony",
        "tt:feishu", "tt", "tt:douyin", "h5", "app",
    }  # fmt: skip
    assert expected == set(names)
    assert len(names) == len(set(names))


@pytest.mark.parametrize("path", sorted(Path(platforms.__path__[0]).rglob("*.py")), ids=str)
def test_platforms_import_only_the_records_they_fill(path: Path) -> None:
    """A platform file needs the records, the reasons, its phone and the standard library."""
    own = {"bridge.profile", "bridge.reasons"}
    foreign = {
        name
        for name in imported(path) - own
        if name.partition(".")[0] not in sys.stdlib_module_names
        and not name.startswith("platforms.devices")
    }
    assert set() == foreign


@every_profile
def test_every_reason_is_answered(profile: Profile) -> None:
    """No reason is left to chance: each has a text or a note why it cannot be met."""
    assert set(Reason) == set(profile.texts)
    notes = [answer.note for answer in profile.texts.values() if isinstance(answer, Never)]
    assert all(notes)


@every_profile
def test_every_behavioural_field_has_a_source(profile: Profile) -> None:
    """Whatever decides how the host behaves can be traced to where it was read."""
    behaviour = {field.name for field in fields(Profile)} - IDENTITY - {"sources"}
    behaviour -= SOURCED_BY_THEMSELVES
    behaviour -= {name for name in SOURCED_WHEN_SET if not getattr(profile, name, True)}
    assert set() == behaviour - profile.sources.keys()
    assert set() == profile.sources.keys() - behaviour - SOURCED_WHEN_SET


def rules_of(profile: Profile) -> RequestProfile:
    """Return a host's rules of `request`, which every built host has."""
    assert profile.request is not None
    return profile.request


@every_profile
def test_every_field_of_a_request_has_a_source(profile: Profile) -> None:
    """What a request does in its own way can be traced as well; its texts carry their own."""
    rules = rules_of(profile)
    behaviour = {field.name for field in fields(RequestProfile)} - {"sources", "texts"}
    behaviour -= {"unknown_method", "bad_json", "http_error"}
    behaviour -= {name for name in SOURCED_WHEN_SET if not getattr(rules, name, True)}
    assert set() == behaviour - rules.sources.keys()
    assert set() == rules.sources.keys() - behaviour - SOURCED_WHEN_SET


@every_profile
def test_a_request_sends_no_file_and_hands_out_what_its_schemas_know(profile: Profile) -> None:
    """Reasons about files are never met, result keys are described, versions are of own keys."""
    rules = rules_of(profile)
    for reason in (Reason.MISSING_FILE, Reason.NOT_A_FILE, Reason.UNREADABLE_FILE):
        assert isinstance(rules.texts[reason], Never)
    for kind, keys in (("success", rules.success), ("fail", (*rules.fail, *rules.answered))):
        properties = schemas.load(profile.schema, f"request.{kind}")["properties"]
        assert isinstance(properties, dict)
        assert set() == set(keys) - properties.keys()
        assert len(keys) == len(set(keys))
    owners = {"success": rules.success, "fail": rules.fail, "member": tuple(rules.members)}
    owners["profile"] = profile.profile_fields
    for key in rules.since:
        kind, _, name = key.partition(".")
        assert name in owners[kind], key


@every_profile
def test_every_text_of_a_request_names_the_request(profile: Profile) -> None:
    """Where errMsg carries the text it names the API; each text says where it comes from."""
    rules = rules_of(profile)
    own = (rules.unknown_method, rules.bad_json, rules.http_error, *rules.texts.values())
    for text in own:
        if isinstance(text, Text):
            assert text.source.status == "documented" or text.source.note, text
            assert set() == names_in(text.message) - DETAIL
            assert profile.message_key != "errMsg" or text.message.startswith("request:fail")
            assert text.code is None or profile.code_key is not None


@every_profile
def test_every_source_has_an_address_and_what_is_not_documented_has_a_note(
    profile: Profile,
) -> None:
    """A value nobody documents says in a few words why it was chosen."""
    sources = list(sources_of(profile))
    assert [] == [place for place, source in sources if not source.address]
    assert [] == [p for p, s in sources if s.status != "documented" and not s.note]
    assert [] == [place for place, source in sources if len(source.note) > LONGEST_NOTE]


@every_profile
def test_every_text_formats_with_the_promised_detail(profile: Profile) -> None:
    """A message uses the detail every failure carries, and no brace is left in what comes out."""
    detail = dict.fromkeys(DETAIL, "value")
    for place, text in texts_of(profile).items():
        assert set() == names_in(text.message) - DETAIL, place
        assert not re.search(r"[{}]", text.message.format(**detail)), place


@every_profile
def test_every_text_begins_as_the_host_begins_it(profile: Profile) -> None:
    """Where errMsg carries the text it names the API, and codes go only where a key takes them."""
    for place, text in texts_of(profile).items():
        if profile.message_key == "errMsg":
            api = place.partition(" ")[0] if " " in place else "uploadFile"
            assert text.message.startswith(f"{api}:fail"), place
        assert text.code is None or profile.code_key is not None, place


@every_profile
def test_the_other_templates_use_their_own_names(profile: Profile) -> None:
    """Problems, the Referer and paths are filled by different parts of the core."""
    for template in (profile.problem, profile.missing):
        assert set() == names_in(template) - {"key", "expected", "type", "brand"}
    assert set() == names_in(profile.referer or "") - {"appid", "version"}
    forms = [profile.paths.temp, profile.paths.saved, profile.paths.user]
    forms += [picker.temp for picker in profile.pickers.values() if picker.temp is not None]
    for form in forms:
        assert set() == names_in(form) - {"hex32", "uuid", "ms", "name", "ext"}


@every_profile
def test_two_files_of_one_kind_never_share_a_path(profile: Profile) -> None:
    """A path form names something that differs between two files."""
    for kind in ("temp", "saved", "user"):
        assert names_in(getattr(profile.paths, kind)) & {"hex32", "uuid", "ms", "name"}, kind


@every_profile
def test_members_are_called_ignored_or_throw(profile: Profile) -> None:
    """A task member is one of three kinds; a throwing one brings its text."""
    kinds = re.compile(r"call|noop|throw:.+")
    assert [] == [kind for kind in profile.members.values() if not kinds.fullmatch(kind)]
    events = ("ProgressUpdate", "HeadersReceived")
    known = {"abort", *(f"{verb}{event}" for verb in ("on", "off") for event in events)}
    assert set() == profile.members.keys() - known


@every_profile
def test_versions_are_of_things_the_profile_has(profile: Profile) -> None:
    """`since` and `until` name a key, field, member or API of this very profile."""
    owners = {
        "success": profile.success,
        "fail": profile.fail,
        "profile": profile.profile_fields,
        "member": tuple(profile.members),
        "api": tuple(profile.pickers),
    }
    for mapping in (profile.since, profile.until):
        for key, version in mapping.items():
            kind, _, name = key.partition(".")
            assert name in owners[kind], key
            assert parse_version(version) > (0,), key


@every_profile
def test_older_versions_override_fields_with_other_values(profile: Profile) -> None:
    """What was different before a version is a field of the profile that differs now."""
    names = {field.name for field in fields(Profile)} - IDENTITY - {"sources"}
    for version, before in profile.older.items():
        assert parse_version(version) > (0,)
        assert set() == before.keys() - names
        own = {name: value for name, value in before.items() if name != "request"}
        assert [] == [name for name, value in own.items() if value == getattr(profile, name)]
        asked = cast("Mapping[str, object]", before.get("request", {}))
        assert [] == [n for n, value in asked.items() if value == getattr(profile.request, n)]


@every_profile
def test_header_names_are_lower_case_and_judged_once(profile: Profile) -> None:
    """A header is dropped silently or refused aloud, never both."""
    names = profile.forbidden_headers | profile.refused_headers | set(profile.trace_headers)
    assert {name.lower() for name in names} == names
    assert set() == profile.forbidden_headers & profile.refused_headers


@every_profile
def test_the_empty_words_are_three(profile: Profile) -> None:
    """Only undefined, null and the empty string can count as absent."""
    assert set() == profile.empty - {"undefined", "null", ""}
    assert {"undefined", "null"} <= profile.empty


@every_profile
def test_result_keys_are_those_of_the_schemas(profile: Profile) -> None:
    """Success and fail objects hold nothing that the host's result schemas do not know."""
    for kind, keys in (("success", profile.success), ("fail", profile.fail)):
        properties = schemas.load(profile.schema, f"uploadFile.{kind}")["properties"]
        assert isinstance(properties, dict)
        assert set() == set(keys) - properties.keys()
        assert len(keys) == len(set(keys))


@every_profile
def test_failures_can_carry_their_text_and_number(profile: Profile) -> None:
    """The keys for text and number are keys of the fail object."""
    assert profile.message_key in profile.fail
    assert profile.code_key is None or profile.code_key in profile.fail


@every_profile
def test_profile_fields_need_a_profile_in_the_result(profile: Profile) -> None:
    """A host lists timing fields exactly when its success object has a place for them."""
    assert bool(profile.profile_fields) == ("profile" in profile.success)
    assert len(profile.profile_fields) == len(set(profile.profile_fields))


@every_profile
def test_every_host_has_a_picture_picker(profile: Profile) -> None:
    """Images can be chosen everywhere, and every picker's options have a schema."""
    assert "chooseImage" in profile.pickers
    for api in profile.pickers:
        assert schemas.load(profile.schema, api)["properties"]


def test_the_message_file_and_media_pickers_are_wechat_only() -> None:
    """Two pickers exist on `wx` alone."""
    extra = {p.name for p in PROFILES if p.pickers.keys() > {"chooseImage"}}
    assert {"wx", "wx:devtools"} == extra


def test_only_h5_has_a_page_to_resolve_against_and_browser_rules() -> None:
    """Browser rules hold where a browser is: an origin, CORS, lower-case headers."""
    browsers = {
        p.name: (p.page_origin is not None, p.check_cors, p.header_case == "lower")
        for p in PROFILES
        if p.page_origin is not None or p.check_cors or p.header_case == "lower"
    }
    assert {"h5": (True, True, True)} == browsers


def test_the_developer_tools_differ_from_a_phone_in_these_fields_only() -> None:
    """`wx:devtools` is a phone but for its own texts, paths, Referer, queue and result."""
    expected = {
        "forbidden_headers", "refused_headers", "referer", "user_agent", "overflow", "older",
        "success", "profile_fields", "since", "texts", "paths", "device", "request",
    }  # fmt: skip
    assert expected == differences(wechat.DEVTOOLS, wechat.PHONE)
    sources = changed_keys(wechat.DEVTOOLS.sources, wechat.PHONE.sources)
    assert set() == sources - expected
    timings = {key for key in wechat.PHONE.since if key.startswith("profile.")}
    assert timings | {"success.profile", "success.cookies"} == {
        *changed_keys(wechat.DEVTOOLS.since, wechat.PHONE.since)
    }


def test_the_developer_tools_answer_these_reasons_differently() -> None:
    """Files, URLs and the network have the tool's own texts; rules and limits do not."""
    phone = {reason.value: text for reason, text in wechat.PHONE.texts.items()}
    tools = {reason.value: text for reason, text in wechat.DEVTOOLS.texts.items()}
    expected = {
        "missing_file", "not_a_file", "unreadable_file", "bad_url", "offline", "dns_failure",
        "connection_refused", "connection_reset", "network_changed", "tls_failure", "timeout",
        "bad_response",
    }  # fmt: skip
    assert expected == changed_keys(tools, phone)


def test_the_simulator_differs_from_a_phone_in_these_fields_only() -> None:
    """`my:ide` returns no task, checks no domain and gives the status as text."""
    expected = {
        "returns", "members", "since", "domain_check", "status_code", "user_agent", "paths",
        "device",
    }  # fmt: skip
    assert expected == differences(alipay.IDE, alipay.PHONE)
    assert set() == changed_keys(alipay.IDE.sources, alipay.PHONE.sources) - expected


def test_harmony_differs_from_a_phone_in_these_fields_only() -> None:
    """`my:harmony` gives the status as text, and its User-Agent is unknown."""
    expected = {"status_code", "user_agent"}
    assert expected == differences(alipay.HARMONY, alipay.PHONE)
    assert expected == changed_keys(alipay.HARMONY.sources, alipay.PHONE.sources)


@pytest.mark.parametrize(
    ("profile", "reason", "detail", "message", "code"),
    [
        (
            wechat.PHONE,
            Reason.BAD_PARAMETER,
            {"problems": "parameter.filePath should be String instead of Undefined;"},
            UNDEFINED_FILE_PATH,
            1001,
        ),
        (
            wechat.PHONE,
            Reason.OVER_LIMIT,
            {"limit": 10},
            "uploadFile:fail createUploadTask:fail exceed max upload connection count 10",
            600007,
        ),
        (
            wechat.DEVTOOLS,
            Reason.CONNECTION_REFUSED,
            {"ip": "127.0.0.1", "port": 9},
            "uploadFile:fail Error: connect ECONNREFUSED 127.0.0.1:9",
            None,
        ),
        (alipay.PHONE, Reason.BAD_PARAMETER, {}, "无效参数", 11),
        (alipay.PHONE, Reason.ABORTED, {}, "uploadFile:fail abort", 9),
        (feishu.PROFILE, Reason.TIMEOUT, {}, "uploadFile:fail timeout", 302),
        (
            douyin.PROFILE,
            Reason.BAD_PARAMETER,
            {"problems": "name is required"},
            "uploadFile:fail name is required",
            20000,
        ),
        (h5.PROFILE, Reason.MISSING_FILE, {}, "uploadFile:fail file error", None),
        (app.PROFILE, Reason.OFFLINE, {}, "uploadFile:fail statusCode: 0", None),
    ],
)
def test_known_failures_read_as_they_were_seen(
    profile: Profile, reason: Reason, detail: dict[str, object], message: str, code: int | None
) -> None:
    """Texts and numbers on record come out letter by letter."""
    text = profile.texts[reason]
    assert isinstance(text, Text)
    assert (message, code) == (text.message.format(**detail), text.code)


@pytest.mark.parametrize(
    ("paths", "temp"),
    [
        (wechat.PHONE.paths, "wxfile://tmp_ab.png"),
        (wechat.DEVTOOLS.paths, "http://tmp/ab.png"),
        (alipay.PHONE.paths, "https://resource/apmlab.image"),
        (alipay.IDE.paths, "https://resource/7.png"),
        (feishu.PROFILE.paths, "ttfile://temp/7.png"),
        (douyin.PROFILE.paths, "ttfile://temp/ab.png"),
        (h5.PROFILE.paths, "blob:http://localhost:8080/u"),
        (app.PROFILE.paths, "_doc/uniapp_temp_7/gallery/a.png"),
    ],
)
def test_temporary_paths_have_the_form_of_their_host(paths: Paths, temp: str) -> None:
    """A filled template looks like the paths the host hands out."""
    assert temp == paths.temp.format(hex32="ab", uuid="u", ms=7, name="a.png", ext=".png")
