"""Reading a trace: what is a record, what is skipped and said, and what is refused."""

from __future__ import annotations

import json
import tracemalloc
from typing import TYPE_CHECKING

import pytest
from jsonschema import Draft202012Validator

import schemas
from bridge import Bridge, BridgeError, UploadServer
from bridge.pictures import png
from bridge.report import TraceReader, reading
from tests.report.samples import Json, record, times

if TYPE_CHECKING:
    from pathlib import Path

LINE = json.dumps(record()).encode()


def read(path: Path, content: bytes) -> tuple[list[dict[str, object]], list[str]]:
    """Return the records of a file, and what is said of the lines that are none."""
    path.write_bytes(content)
    reader = TraceReader(path)
    return [*reader], [str(each) for each in reader.skipped]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Provide the place of a trace."""
    return tmp_path / "a.jsonl"


def test_records_come_in_the_order_of_the_file(path: Path) -> None:
    """Every line is a record, the last one too when it lacks its end of line."""
    lines = [json.dumps(record(id=number)).encode() for number in (3, 1, 2)]
    records, skipped = read(path, b"\n".join(lines))
    assert [3, 1, 2] == [each["id"] for each in records]
    assert [] == skipped


async def test_what_the_emulator_writes_is_read(path: Path) -> None:
    """Records of real calls pass: one that succeeded, one that failed, one of another API."""
    async with UploadServer() as server, Bridge("uni/my:ide") as bridge:
        bridge.route("https://a.example.com", to=server.url)
        bridge.album.add(png())
        await bridge.call("chooseImage", {"count": 1})
        for file in (bridge.files.add("a.png", b"1"), "nowhere"):
            options = {"url": "https://a.example.com/", "filePath": file, "name": "f"}
            await bridge.call("uploadFile", options | {"fileType": "image"})
        lines = [json.dumps(each.to_json()).encode() for each in bridge.calls]
    records, skipped = read(path, b"\n".join(lines))
    assert 3 == len(records)
    assert [] == skipped


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (b"  \r\n", "line 2 was skipped: it is blank"),
        (b"hello\n", "line 2 was skipped: it is not JSON (Expecting value: line 1 column 1"),
        (b'{"v": NaN}\n', "line 2 was skipped: it is not JSON (NaN is no number)"),
        (b'{"v": 1e999}\n', "line 2 was skipped: it is not JSON (1e999 is out of range)"),
        (b'{"v": "\xff"}\n', "line 2 was skipped: it is not UTF-8 text"),
        (b"[" * 100_000 + b"\n", "line 2 was skipped: it is nested deeper than 100 levels"),
        (
            json.dumps(record(options={"a": json.loads("[" * 99 + "]" * 99)})).encode() + b"\n",
            "line 2 was skipped: it is nested deeper than 100 levels",
        ),
        (b"[]\n", "line 2 was skipped: it is no record of a call, it is no object"),
        (b"{}\n", "line 2 was skipped: it is no record of a call, it has no 'api'"),
        (b'{"level": "info"}\n', "line 2 was skipped: it is no record of a call, it has no 'api'"),
        (LINE[:-20], "line 2 was skipped: it is cut off, its writer was stopped or is still"),
    ],
)
def test_a_line_that_is_no_record_is_skipped_and_said(path: Path, line: bytes, said: str) -> None:
    """The records around it are read, and the line is named with what is wrong with it."""
    after = LINE + b"\n" if line.endswith(b"\n") else b""
    records, skipped = read(path, LINE + b"\n" + line + after)
    assert 1 + bool(after) == len(records)
    assert [said] == [each[: len(said)] for each in skipped]


@pytest.mark.parametrize(
    ("changes", "where"),
    [
        ({"v": 0}, "v is none of [1]"),
        ({"v": True}, "v is no integer"),
        ({"id": None}, "id is no integer or string"),
        ({"started": "now"}, "started is no number"),
        ({"times": times(end="soon")}, "times.end is no number or null"),
        ({"progress": [[0, 1], ["x"]]}, "progress[1][0] is no number"),
        ({"request": {"url": "u"}}, "request has no 'bytes'"),
        ({"outcome": {"ok": 1}}, "outcome has no 'detail'"),
        ({"decisions": [{"step": 1}]}, "decisions[0] has no 'effect'"),
        ({"callbacks": {}}, "callbacks is no array"),
    ],
)
def test_the_first_fault_of_a_record_is_named(path: Path, changes: Json, where: str) -> None:
    """A record with a wrong value says which value; the schema is against it too."""
    wrong = record(**changes)
    _, skipped = read(path, LINE + b"\n" + json.dumps(wrong).encode() + b"\n")
    assert [f"line 2 was skipped: it is no record of a call, its {where}"] == skipped
    assert [*Draft202012Validator(schemas.shared("trace")).iter_errors(wrong)]


def test_a_wide_or_nested_record_is_read(path: Path) -> None:
    """Many lists side by side are not deep, and some depth is allowed."""
    wide: list[object] = [[]] * 300
    nested = json.loads("[" * 90 + "]" * 90)
    lines = [json.dumps(record(options={"a": value})).encode() for value in (wide, nested)]
    records, skipped = read(path, b"\n".join(lines))
    assert [{"a": wide}, {"a": nested}] == [each["options"] for each in records]
    assert [] == skipped


def test_unknown_fields_are_ignored(path: Path) -> None:
    """What a record has beyond the schema stays in it."""
    [found], skipped = read(path, json.dumps(record(colour="red")).encode())
    assert ("red", []) == (found["colour"], skipped)


def test_skipped_lines_of_a_kind_are_counted_together(path: Path) -> None:
    """Of many such lines the first is named, and of each kind there is one sentence."""
    _, skipped = read(path, b"\n" + LINE + b"\nfoo\n\nbar\n" + b"\n" * 1998)
    assert [
        "2,000 lines were skipped, the first is line 1: it is blank",
        "2 lines were skipped, the first is line 3: it is not JSON",
    ] == [each.partition(" (")[0] for each in skipped]


def test_a_mark_before_the_first_character_is_no_matter(path: Path) -> None:
    """A byte-order mark, as some editors leave it, does not cost the first record."""
    records, skipped = read(path, b"\xef\xbb\xbf" + LINE)
    assert (1, []) == (len(records), skipped)


def test_a_trace_of_a_later_version_is_refused_by_name(path: Path) -> None:
    """The whole trace is refused, with the line and both versions."""
    later = json.dumps({"v": 2, "entirely": "different"}).encode()
    with pytest.raises(BridgeError) as refused:
        read(path, LINE + b"\n" + later + b"\n")
    assert (
        f"line 2 of {str(path)!r} is a record of trace version 2, this minibridge reads 1: "
        "use a newer minibridge" == str(refused.value)
    )


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "it is empty"),
        (b"\n\n", "2 lines were skipped, the first is line 1: it is blank"),
        (b'{"a": 1}\n', "line 1 was skipped: it is no record of a call, it has no 'api'"),
        (LINE[:300], "line 1 was skipped: it is cut off, its writer was stopped"),
    ],
)
def test_a_file_without_a_record_is_refused(path: Path, content: bytes, said: str) -> None:
    """It is the wrong file, and the message says what its first lines are."""
    with pytest.raises(BridgeError) as refused:
        read(path, content)
    assert f"{str(path)!r} holds no record of a call: {said}" in str(refused.value)


@pytest.mark.parametrize(("name", "why"), [("none", "No such file"), (".", "Is a directory")])
def test_a_file_that_cannot_be_read_is_refused(tmp_path: Path, name: str, why: str) -> None:
    """The system's reason is told."""
    with pytest.raises(BridgeError, match=f"cannot read the trace '.*': {why}"):
        next(iter(TraceReader(tmp_path / name)))


def test_a_huge_line_is_skipped_without_being_held(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A line over the limit costs memory of that order, whatever its length."""
    monkeypatch.setattr(reading, "LONGEST_LINE", 1 << 20)
    path.write_bytes(b'"' + b"x" * (40 << 20) + b'"\n' + LINE + b"\n")
    reader = TraceReader(path)
    tracemalloc.start()
    try:
        found = [*reader]
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert 1 == len(found)
    assert ["line 1 was skipped: it is longer than 1 MiB"] == [str(each) for each in reader.skipped]
    assert peak < 8 << 20
