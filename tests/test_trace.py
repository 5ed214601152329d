"""One record per call: complete, plain JSON, and without secrets."""

from __future__ import annotations

import json
import math
import os
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

import schemas
from bridge import Bridge, HostFile, MemoryTransport, Paths, undefined
from bridge.files import OpenFile
from bridge.masking import MASK, mask_url, masked
from bridge.target import all_names, resolve
from bridge.trace import PREVIEW_BYTES, Decisions, Record, request_of
from bridge.transport import FilePart, Measures, WireUpload

if TYPE_CHECKING:
    from pathlib import Path

TARGETS = tuple(all_names())
VALID = Draft202012Validator(schemas.shared("trace"))
_PATHS = Paths("a", "b", "c", ())
ANSWER = {"Access-Control-Allow-Origin": "*", "Set-Cookie": "sid=HIDDEN", "X-A": "shown"}


def written(record: Record) -> dict[str, Any]:
    """Return a record as it stands in a trace file, once it proved to be plain, valid JSON."""
    line = json.dumps(record.to_json(), ensure_ascii=False, allow_nan=False)
    assert line.encode()
    found: dict[str, Any] = json.loads(line)
    VALID.validate(found)
    assert found == record.to_json()
    return found


def record_of(**fields: Any) -> Record:  # noqa: ANN401  fields of many types
    """Return a record of WeChat."""
    whole: dict[str, Any] = {"id": 1, "target": resolve("wx"), "api": "uploadFile"}
    record = Record(**whole, overrides={}, session="s", started=5.0, options={})
    for name, value in fields.items():
        setattr(record, name, value)
    return record


# --- every target


@pytest.mark.parametrize("target", TARGETS)
async def test_a_record_of_every_target_is_valid_and_hides_secrets(target: str) -> None:
    """Headers, form parts, addresses, options and callbacks show no secret."""
    async with Bridge(target, transport=MemoryTransport(headers=ANSWER)) as bridge:
        options = {
            "url": "https://a.test/up?x=1&access_token=HIDDEN&y=2",
            "filePath": bridge.files.add("a.png", b"\x89PNG\xff"),
            "name": "f",
            "fileType": "image",
            "header": {"Authorization": "HIDDEN", "X-Api-Key": "HIDDEN", "X-B": "shown"},
            "formData": {"policy": "HIDDEN", "Signature": "HIDDEN", "note": "shown"},
            "mystery": {"session_key": "HIDDEN"},
        }
        outcome = await bridge.call("uploadFile", options)
        assert outcome.ok
        found = written(outcome.record)
        assert "HIDDEN" not in json.dumps(found)
        assert f"https://a.test/up?x=1&access_token={MASK}&y=2" == found["request"]["url"]
        assert ["Authorization", MASK] in found["request"]["headers"]
        assert ["X-B", "shown"] in found["request"]["headers"]
        parts = {part["name"]: part["preview"] for part in found["request"]["parts"]}
        assert {"policy": MASK, "Signature": MASK, "note": "shown"}.items() <= parts.items()
        assert {"$bytes": "iVBOR/8="} == parts["f"]
        assert {"session_key": MASK} == found["options"]["mystery"]
        assert "mystery" in found["unknown_keys"]
        assert ["Set-Cookie", MASK] in found["response"]["headers"]
        assert found["outcome"] == {
            "ok": True,
            "reason": None,
            "detail": "",
            "result": found["callbacks"][-1]["payload"],
        }


@pytest.mark.parametrize("target", TARGETS)
async def test_a_record_of_every_targets_failure_is_valid(target: str) -> None:
    """Whatever the call never came to is null."""
    async with Bridge(target, transport=MemoryTransport(), forbidden_headers=frozenset()) as bridge:
        outcome = await bridge.call("uploadFile", {"url": "no address?token=HIDDEN"})
        assert not outcome.ok
        found = written(outcome.record)
        assert "HIDDEN" not in json.dumps(found)
        assert str(outcome.reason) == found["outcome"]["reason"]
        assert found["request"] is None
        assert found["response"] is None
        assert found["times"]["send"] is None
        assert 0 == found["times"]["invoked"]
        assert ["fail"] == [callback["name"] for callback in found["callbacks"]]
        assert ["forbidden_headers"] == list(found["profile_overrides"])


async def test_a_record_of_a_picker_is_valid() -> None:
    """Picked, cancelled, and refused before there was an answer."""
    async with Bridge("wx", album=[b"GIF8"]) as bridge:
        await bridge.call("chooseImage")
        bridge.album.cancel_next()
        await bridge.call("chooseImage")
        await bridge.call("chooseMessageFile")
        picked, cancelled, wrong = (written(record)["outcome"] for record in bridge.calls)
        assert (True, None) == (picked["ok"], picked["reason"])
        assert (False, "aborted") == (cancelled["ok"], cancelled["reason"])
        assert (False, "bad_parameter") == (wrong["ok"], wrong["reason"])


async def test_a_record_of_a_call_in_flight_can_be_written() -> None:
    """It has no outcome yet, and says so by `ok: false` without a reason."""
    async with Bridge("wx", transport=MemoryTransport()) as bridge:
        path = bridge.files.add("a.png", b"x")
        bridge.api.uploadFile({"url": "https://a.test/", "filePath": path, "name": "f"})
        [record] = bridge.in_flight
        assert (False, None) == (
            written(record)["outcome"]["ok"],
            written(record)["outcome"]["reason"],
        )


async def test_what_a_callback_raised_is_in_the_record() -> None:
    """With the callback's name, and without a secret in an address."""
    async with Bridge("wx", transport=MemoryTransport()) as bridge:

        def boom(_: object) -> None:
            raise ValueError("https://a.test/?token=HIDDEN")

        bridge.api.uploadFile({"complete": boom})
        await bridge.settled()
        bridge.callback_errors.clear()
        [error] = written(bridge.calls[0])["callback_errors"]
        assert f"complete: ValueError('https://a.test/?token={MASK}" == error.removesuffix("')")


async def test_a_cut_upload_is_recorded_with_what_was_sent() -> None:
    """The conditions are named, and the bytes are those that left."""
    async with Bridge("wx", transport=MemoryTransport()) as bridge:
        bridge.network.reset_after(bytes=50)
        path = bridge.files.add("a.png", bytes(1000))
        options = {"url": "https://a.test/", "filePath": path, "name": "f"}
        found = written((await bridge.call("uploadFile", options)).record)
        assert ["reset after 50 bytes"] == found["conditions"]
        assert 50 == found["request"]["bytes"]
        assert 50 == found["progress"][-1][1]
        assert "the connection was reset after 50 bytes of the body" == found["outcome"]["detail"]


# --- values JSON lacks


async def test_values_of_javascript_are_tagged() -> None:
    """NaN, bytes, undefined, functions and files keep their meaning; lone surrogates go."""
    async with Bridge("uni/h5", transport=MemoryTransport(headers=ANSWER)) as bridge:
        path = bridge.files.add("a.png", b"x")
        options = {
            "url": "https://a.test/\ud800",
            "file": bridge.files.blob(path),
            "formData": {
                "nan": math.nan,
                "inf": -math.inf,
                "bytes": bytearray(b"ab"),
                "none": None,
                "undefined": undefined,
                "call": print,
                "list": (1, [undefined]),
                "text": "a\udc00b",
                "k\ud800": 1,
            },
        }
        found = written((await bridge.call("uploadFile", options)).record)
        assert {"$file": path} == found["options"]["file"]
        assert "https://a.test/\ufffd" == found["options"]["url"]
        assert {
            "nan": {"$js": "NaN"},
            "inf": {"$js": "-Infinity"},
            "bytes": {"$bytes": "YWI="},
            "none": None,
            "undefined": {"$js": "undefined"},
            "call": {"$js": "Function"},
            "list": [1, [{"$js": "undefined"}]],
            "text": "a\ufffdb",
            "k\ufffd": 1,
        } == found["options"]["formData"]


@pytest.mark.parametrize(
    ("expected", "field", "value"),
    [
        (5, "limit", 5),
        (None, "limit", None),
        ("queue", "overflow", "queue"),
        (["null", "undefined"], "empty", frozenset({"undefined", "null"})),
        (2.5, "background_seconds", 2.5),
        (["data"], "success", ("data",)),
        (repr(_PATHS), "paths", _PATHS),
    ],
)
def test_overrides_of_every_kind_are_shown(expected: object, field: str, value: object) -> None:
    """A profile holds sets and records as well, which JSON does not."""
    found = written(record_of(overrides={field: value}))
    assert {field: expected} == found["profile_overrides"]


VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text()
    | st.text(st.characters(categories=["Cs"]), max_size=2)
    | st.binary()
    | st.just(undefined)
    | st.just(HostFile("a", "b", 1)),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    # More leaves are written no otherwise, and making them up takes most of the time.
    max_leaves=10,
)


@given(st.dictionaries(st.text(), VALUES, max_size=4))
def test_any_options_make_a_valid_record(options: dict[str, object]) -> None:
    """Nothing a mini-program may pass keeps a trace from being written."""
    written(record_of(options=options, understood=options, result=options))


# --- secrets


@pytest.mark.parametrize(
    ("expected", "url"),
    [
        ("https://a/?token=***", "https://a/?token=x"),
        ("https://a/?a=1&X-Amz-Signature=***#f", "https://a/?a=1&X-Amz-Signature=x#f"),
        ("https://a/?OSSAccessKeyId=***&b=2", "https://a/?OSSAccessKeyId=x&b=2"),
        ("https://a/token=x", "https://a/token=x"),
        ("https://a/?next=token", "https://a/?next=token"),
        ("plain", "plain"),
    ],
)
def test_secret_parameters_of_an_address_are_masked(expected: str, url: str) -> None:
    """By the parameter's name, whatever its case."""
    assert expected == mask_url(url)


def test_secret_keys_are_masked_at_every_depth() -> None:
    """A whole object under such a key goes."""
    given = {"a": [{"PASSWORD": "x"}, ({"apiKey": 1},)], "token": {"deep": 1}, "b": 2}
    expected = {"a": [{"PASSWORD": MASK}, [{"apiKey": MASK}]], "token": MASK, "b": 2}
    assert expected == masked(given)


def test_an_address_in_a_decision_or_a_detail_is_masked() -> None:
    """A redirect's target may carry a signature."""
    record = record_of(detail="https://a/?sig_token=HIDDEN")
    record.decisions.add("rules", "max_redirects", "redirected to https://a/?signature=HIDDEN")
    assert "HIDDEN" not in json.dumps(written(record))


# --- decisions


def test_a_decision_cites_its_source() -> None:
    """A rule of the profile has one, a rule of ours has none."""
    record = record_of()
    record.decisions.add("rules", "schemes", "ftp is not allowed")
    record.decisions.add("shape", "timeout", "the host's text")
    record.decisions.add("transport", "bridge.route", "not dialled")
    rule, text, ours = (decision["source"] for decision in written(record)["decisions"])
    assert "documented" == rule["status"]
    assert rule["address"].startswith("developers.weixin.qq.com/")
    assert text["note"]
    assert ours is None
    assert ["schemes", "timeout", "bridge.route"] == record.decisions.rules()


def test_a_layers_decision_cites_the_layers_source() -> None:
    """`rename` is a field of `uni`, not of Alipay."""
    record = record_of(target=resolve("uni/my"))
    record.decisions.add("layer", "rename", "name as fileName")
    [decision] = written(record)["decisions"]
    assert decision["source"]["address"].startswith("dcloudio/uni-app")


def test_decisions_without_sources_stand_alone() -> None:
    """Nothing is made up."""
    decisions = Decisions()
    decisions.add("a", "b", "c")
    assert [{"step": "a", "rule": "b", "effect": "c", "source": None}] == decisions.to_json({})


# --- previews


def upload(*contents: bytes | int, kind: str = "image/png", field: str = "v") -> WireUpload:
    """Return an upload of one field and these files."""
    files = tuple(FilePart("f", "a.png", kind, OpenFile(content)) for content in contents)
    return WireUpload(
        "https://a.test/", (), (("k", field),), files, "b", lambda _: None, lambda *_: None
    )


def test_a_small_file_is_previewed_and_a_large_one_is_not() -> None:
    """64 KiB is the most."""
    small, large = bytes(PREVIEW_BYTES), bytes(PREVIEW_BYTES + 1)
    _, first, second = request_of(upload(small, large), Measures(), 1 << 20).parts
    assert (small, None) == (first.preview, second.preview)
    assert PREVIEW_BYTES + 1 == second.size


def test_previews_share_a_budget() -> None:
    """What is over it is not kept."""
    _, first, second = request_of(upload(bytes(60), bytes(60)), Measures(), 100).parts
    assert (bytes(60), None) == (first.preview, second.preview)


def test_a_file_that_cannot_be_read_has_no_preview(tmp_path: Path) -> None:
    """Whether the upload came to an end is not for its record to decide."""
    (tmp_path / "a.bin").write_bytes(b"a")
    to_be_written = os.open(tmp_path / "a.bin", os.O_WRONLY)
    [part] = request_of(upload(to_be_written), Measures(), 100).parts[1:]
    os.close(to_be_written)
    assert (None, 1) == (part.preview, part.size)


def test_a_long_field_is_clipped() -> None:
    """Its size is told in full."""
    [part] = request_of(upload(field="é" * PREVIEW_BYTES), Measures(), 0).parts
    assert part.preview is not None
    assert (PREVIEW_BYTES, 2 * PREVIEW_BYTES) == (len(part.preview), part.size)


def test_a_text_file_is_shown_as_text() -> None:
    """Other files as base64."""
    record = record_of()
    record.request = request_of(upload(b"words", kind="text/plain"), Measures(), 100)
    assert "words" == written(record)["request"]["parts"][1]["preview"]


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://me:pw@h.test/a", "https://***@h.test/a"),
        (
            "https://h.test/a?sign=1&signal=2&x-sig=3",
            "https://h.test/a?sign=***&signal=2&x-sig=***",
        ),
        ("https://h.test/a?b=1", "https://h.test/a?b=1"),
    ],
)
def test_a_signed_address_is_masked(url: str, shown: str) -> None:
    """Signatures in a query and a user before the host are secrets; words that start so are not."""
    assert shown == mask_url(url)


async def test_a_record_that_leaves_gives_its_previews_back() -> None:
    """However many calls there were, the newest record still shows what it sent."""
    async with Bridge("wx", transport=MemoryTransport(), record_limit=2) as bridge:
        path = bridge.files.add("a.bin", bytes(60_000))
        options = {"url": "https://h.test/", "filePath": path, "name": "file"}
        for _ in range(200):
            await bridge.call("uploadFile", options)
        record = bridge.calls[-1]
    assert record.request is not None
    assert bytes(60_000) == record.request.parts[-1].preview
