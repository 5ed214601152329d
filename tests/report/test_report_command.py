"""`minibridge report`: the page, what is said about it, and how slips are told."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING

import pytest

from bridge.cli import main
from tests.report.samples import record, trace

if TYPE_CHECKING:
    from pathlib import Path

Captured = pytest.CaptureFixture[str]


def test_the_page_is_written_and_named(tmp_path: Path, capsys: Captured) -> None:
    """Standard output tells the page, its calls and its size; standard error is empty."""
    path = trace(tmp_path / "a.jsonl", [record(id=1), record(id=2)])
    page = tmp_path / "b.html"
    assert 0 == main(["report", str(path), "-o", str(page)])
    out, err = capsys.readouterr()
    assert (f"{page}: 2 calls, {page.stat().st_size:,} bytes\n", "") == (out, err)
    assert page.read_text().startswith("<!doctype html>")


def test_the_page_lies_beside_the_trace_unless_told(tmp_path: Path, capsys: Captured) -> None:
    """Without `-o` it has the trace's name."""
    path = trace(tmp_path / "run.7.jsonl", [record()])
    assert 0 == main(["report", str(path)])
    page = tmp_path / "run.7.html"
    assert f"{page}: 1 call, {page.stat().st_size:,} bytes\n" == capsys.readouterr().out


def test_lines_that_are_left_out_are_told(tmp_path: Path, capsys: Captured) -> None:
    """Standard error has a sentence for each kind, and the page is written all the same."""
    path = trace(tmp_path / "a.jsonl", [record()])
    with path.open("a") as file:
        file.write('\nhello\n{"v": 1, "id"')
    assert 0 == main(["report", str(path)])
    assert [
        "minibridge: line 2 was skipped: it is blank",
        "minibridge: line 3 was skipped: it is not JSON",
        "minibridge: line 4 was skipped: it is cut off, its writer was stopped or is still writing",
    ] == [line.partition(" (")[0] for line in capsys.readouterr().err.splitlines()]


def test_json_alone_goes_to_standard_output(tmp_path: Path, capsys: Captured) -> None:
    """`--json` tells the same as data."""
    path = trace(tmp_path / "a.jsonl", [record()])
    with path.open("a") as file:
        file.write("\n\nhello\n")
    assert 0 == main(["report", str(path), "--json"])
    told = json.loads(capsys.readouterr().out)
    page = tmp_path / "a.html"
    assert (str(page), page.stat().st_size, 1) == (told["page"], told["bytes"], told["calls"])
    assert (3, 2, 0) == (told["lines_skipped"], len(told["skipped"]), told["texts_left_out"])


def test_a_trace_of_the_command_line_has_what_the_server_saw(
    tmp_path: Path, capsys: Captured
) -> None:
    """`upload --trace` notes the hash of each part as it arrived; the report takes it in."""
    file, path = tmp_path / "a.png", tmp_path / "a.jsonl"
    file.write_bytes(b"picture")
    form = ["--form", "user=a", "--file-type", "image"]
    assert 0 == main(["upload", str(file), "--on", "wx,my", *form, "--trace", str(path)])
    for line in path.read_text().splitlines():
        user, picture = json.loads(line)["request"]["parts"]
        assert hashlib.sha256(b"a").hexdigest() == user["sha256"]
        assert hashlib.sha256(b"picture").hexdigest() == picture["sha256"]
    capsys.readouterr()
    assert 0 == main(["report", str(path), "--json"])
    told = json.loads(capsys.readouterr().out)
    assert (2, []) == (told["calls"], told["skipped"])


@pytest.mark.parametrize("content", [b"", b"hello", b'{"v": 2}\n', b"[1]"])
def test_a_file_that_is_no_trace_is_one_line_and_a_usage_error(
    tmp_path: Path, capsys: Captured, content: bytes
) -> None:
    """No page is left behind."""
    path = tmp_path / "a.jsonl"
    path.write_bytes(content)
    assert 2 == main(["report", str(path)])
    out, err = capsys.readouterr()
    assert ("", 1) == (out, len(err.splitlines()))
    assert err.startswith("minibridge: ")
    assert [path] == [*tmp_path.iterdir()]
