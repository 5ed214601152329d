"""`minibridge upload`: what it sends, shows, records, and refuses."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING

import pytest
from jsonschema import Draft202012Validator

import schemas
from bridge.target import all_names

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager
    from pathlib import Path

    from conftest import Run, Sink  # type: ignore[import-not-found]

    Sinks = Callable[..., AbstractContextManager[Sink]]


def row(out: str, target: str) -> list[str]:
    """Return the words of a target's row in a table."""
    return next(line.split() for line in out.splitlines() if line.split()[:1] == [target])


def test_every_target_has_a_row_and_all_are_ok(run: Run, picture: Path) -> None:
    """The table of `--on all` holds every target in order, and the file arrived each time."""
    ran = run("upload", picture, "--on", "all")
    names = list(all_names())
    assert 0 == ran.status
    assert names == [line.split()[0] for line in ran.out.splitlines()[1 : len(names) + 1]]
    assert {"ok"} == {row(ran.out, name)[1] for name in names}
    assert f"{len(names)} targets: {len(names)} ok" in ran.out
    assert hashlib.sha256(picture.read_bytes()).hexdigest() in ran.out


def test_a_target_named_twice_is_asked_once(run: Run, picture: Path) -> None:
    """By another of its names too, and beside `all`."""
    assert 1 == len(run("upload", picture, "--on", "wx,wx:device,wx", "--json").json)
    assert len([*all_names()]) == len(run("upload", picture, "--on", "my,all", "--json").json)


def test_a_string_status_looks_like_a_string(run: Run, picture: Path) -> None:
    """Alipay's simulator shows `"200"`, its phone 200."""
    out = run("upload", picture, "--on", "my,my:ide").out
    assert "200" == row(out, "my")[2]
    assert '"200"' == row(out, "my:ide")[2]


def test_success_shows_the_keys_in_the_order_of_the_host(run: Run, picture: Path) -> None:
    """The keys of the success object stand as the host lists them."""
    out = run("upload", picture, "--on", "wx,tt").out
    assert ["data", "statusCode", "errMsg", "trace"] == row(out, "tt:feishu")[4:]


def test_a_failure_shows_the_text_of_the_host_and_what_decided(run: Run, picture: Path) -> None:
    """A failed call exits with 1 and names reason, rule and source under its row."""
    ran = run("upload", picture, "--on", "wx,my", "--option", "fileType=7")
    assert 1 == ran.status
    assert "fail" == row(ran.out, "my")[1]
    assert 'errorMessage: "无效参数"' in ran.out
    said = "bad_parameter: fileType should be string, not Number; by mismatch, documented:"
    assert said in " ".join(ran.out.split())
    assert "2 targets: 1 ok, 1 failed" in ran.out


def test_a_wide_terminal_has_a_column_for_the_reasons(
    run: Run, picture: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At 200 columns the reason stands in the row itself."""
    monkeypatch.setenv("COLUMNS", "200")
    out = run("upload", picture, "--on", "wx,my", "--option", "fileType=7").out
    assert out.splitlines()[0].endswith("WHY")
    assert "bad_parameter:" in row(out, "my")


@pytest.mark.parametrize("width", [80, 200])
def test_no_line_is_wider_than_the_terminal(
    run: Run, picture: Path, monkeypatch: pytest.MonkeyPatch, width: int
) -> None:
    """Tables, details and CJK texts keep within the width."""
    from bridge.look import cell_width  # noqa: PLC0415  beside its only use

    monkeypatch.setenv("COLUMNS", str(width))
    for flags in (("--on", "all"), ("--on", "uploader/my"), ("--on", "my,tt,uni/my")):
        for extra in ((), ("--option", "fileType=7", "--to", "http://127.0.0.1:1/")):
            out = run("upload", picture, "--form", "名=张三", *flags, *extra).out
            assert width >= max(map(cell_width, out.splitlines()))


def test_file_type_goes_only_to_hosts_that_know_it(run: Run, picture: Path) -> None:
    """The kind of the file is passed to Alipay and to nobody else."""
    records = run("upload", picture, "--on", "my,wx,uni/my", "--json").json
    assert ["image", None, "image"] == [one["options"].get("fileType") for one in records]


def test_file_type_can_be_said(run: Run, picture: Path) -> None:
    """`--file-type` wins over the file's name."""
    (record,) = run("upload", picture, "--on", "my", "--file-type", "video", "--json").json
    assert "video" == record["options"]["fileType"]


def test_a_file_of_no_such_kind_passes_no_file_type(run: Run, tmp_path: Path) -> None:
    """A document has no `fileType`, and Alipay says so."""
    document = tmp_path / "notes.txt"
    document.write_text("hello")
    ran = run("upload", document, "--on", "my", "--json")
    assert 1 == ran.status
    assert "fileType" not in ran.json[0]["options"]


def test_flags_become_options(run: Run, picture: Path) -> None:
    """Form fields, headers, timeout, name and any option reach the call; `--option` wins."""
    flags = ("--form", "a=1", "--form", "b=x=y", "--header", "X-One=1", "--timeout", "900")
    more = ("--name", "avatar", "--option", "enableProfile=false", "--option", 'name="last"')
    (record,) = run("upload", picture, *flags, *more, "--json").json
    options = record["options"]
    assert {"a": "1", "b": "x=y"} == options["formData"]
    assert {"X-One": "1"} == options["header"]
    assert [900, False, "last"] == [options[k] for k in ("timeout", "enableProfile", "name")]
    assert ["a", "b", "last"] == [part["name"] for part in record["request"]["parts"]]


def test_a_record_names_the_upload_the_server_saw(run: Run, picture: Path) -> None:
    """Each record points at the embedded server's upload with the same boundary."""
    records = run("upload", picture, "--on", "wx,tt,uni/h5", "--json").json
    assert [1, 2, 3] == [record["sink_upload"] for record in records]


def test_json_follows_the_schema_of_trace_records(run: Run, picture: Path) -> None:
    """`--json` prints a list of trace records and nothing else."""
    ran = run("upload", picture, "--on", "all", "--option", "fileType=7", "--json")
    validator = Draft202012Validator(schemas.shared("trace"), registry=schemas.registry())
    assert 1 == ran.status
    assert [] == [error.message for one in ran.json for error in validator.iter_errors(one)]
    assert "" == ran.err


def test_set_chooses_another_reading(run: Run, picture: Path) -> None:
    """`--set` overrides a profile field with a word, and the record keeps it."""
    document = run("upload", picture, "--on", "my", "--set", "status_code=string", "--json").json
    assert "200" == document[0]["outcome"]["result"]["statusCode"]
    assert {"status_code": "string"} == document[0]["profile_overrides"]


def test_one_target_is_shown_in_full(run: Run, picture: Path) -> None:
    """The detail view tells what was sent, what came back, what was heard and what decided."""
    out = run("upload", picture, "--on", "uploader/my:ide", "--form", "user=test").out
    assert "lwu-upload over uni-app over Alipay simulator (IDE)" in out
    for heading in ("Sent", "Came back", "The mini-program heard", "Decided by"):
        assert heading in out.splitlines()
    assert hashlib.sha256(picture.read_bytes()).hexdigest() in out
    assert "HTTP 200, 11 bytes, application/json" in out
    assert "uni passes name as fileName" in out
    assert "seen_in_code: dcloudio/uni-app" in out


def test_a_call_without_decisions_says_so(run: Run, picture: Path) -> None:
    """Where no rule stood in the way, the detail view says that."""
    assert "no rule stood in the way" in run("upload", picture).out


def test_a_long_run_of_progress_is_thinned(run: Run, tmp_path: Path) -> None:
    """Of many progress events only the first and the last are shown."""
    video = tmp_path / "video.mp4"
    video.write_bytes(bytes(8_000_000))
    out = run("upload", video).out
    assert 2 == out.count("progressUpdate")
    assert "progress: 100" in out


def test_a_refused_address_sends_nothing(run: Run, picture: Path) -> None:
    """A scheme the host refuses fails before anything is sent, and the rule is named."""
    ran = run("upload", picture, "--to", "ftp://127.0.0.1/x")
    assert 1 == ran.status
    assert "by schemes" in ran.out
    assert "nothing: the call ended before a connection was made" in ran.out


def test_an_empty_address_is_the_hosts_to_refuse(run: Run, picture: Path) -> None:
    """As of a variable that is not set: it is not taken for the embedded server's."""
    ran = run("upload", picture, "--to", "", "--json")
    assert 1 == ran.status
    assert "" == ran.json[0]["options"]["url"]
    assert "bad_url" == ran.json[0]["outcome"]["reason"]


def test_an_address_that_is_none_gets_the_answer_of_the_host(run: Run, picture: Path) -> None:
    """What is no address at all is the host's to refuse, not ours."""
    ran = run("upload", picture, "--to", "nonsense")
    assert 1 == ran.status
    assert "uploadFile:fail invalid url" in ran.out


def test_a_server_named_by_to_is_used(run: Run, picture: Path, sink: Sinks) -> None:
    """`--to` uploads to that very server; parts are then shown as they left."""
    with sink() as server:
        ran = run("upload", picture, "--to", f"{server.url}/here?x=1")
        upload = server.line()
    assert 0 == ran.status
    assert "/here?x=1" == upload["path"]
    assert upload["parts"][0]["size"] == picture.stat().st_size
    assert "image/png" in ran.out


def test_an_error_status_is_a_success_that_stands_out(
    run: Run, picture: Path, sink: Sinks, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A 500 is `ok` to the host, and coloured as a warning."""
    monkeypatch.setenv("FORCE_COLOR", "1")
    with sink({"status": 500, "body": "no"}) as server:
        ran = run("upload", picture, "--to", server.url)
    assert 0 == ran.status
    assert "\x1b[33m500\x1b[0m" in ran.out


def test_an_answer_cannot_move_the_cursor(run: Run, picture: Path, sink: Sinks) -> None:
    """Control characters of a server are spelled out."""
    with sink({"body": "\x1b[2Jgone"}) as server:
        out = run("upload", picture, "--to", server.url).out
    assert "\x1b" not in out
    assert "\\x1b[2Jgone" in out


def test_colours_can_be_refused(run: Run, picture: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """FORCE_COLOR colours; `--no-color` and NO_COLOR win over it."""
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert "\x1b[" in run("upload", picture).out
    assert "\x1b[" not in run("upload", picture, "--no-color").out
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b[" not in run("upload", picture).out


def test_a_trace_file_grows_by_one_line_a_call(run: Run, picture: Path, tmp_path: Path) -> None:
    """Records are appended; secrets are masked in them."""
    trace = tmp_path / "calls.jsonl"
    run("upload", picture, "--on", "wx,tt", "--trace", trace)
    run("upload", picture, "--header", "Authorization=Bearer 1", "--trace", trace)
    records = [json.loads(line) for line in trace.read_text().splitlines()]
    assert ["wx", "tt:feishu", "wx"] == [record["target"] for record in records]
    assert "Bearer 1" not in trace.read_text()


@pytest.mark.parametrize("trace", ["missing/calls.jsonl", "."])
def test_a_trace_file_that_cannot_be_written_is_refused_at_once(
    run: Run, picture: Path, tmp_path: Path, trace: str
) -> None:
    """Nothing is sent when its record could not be kept."""
    ran = run("upload", picture, "--trace", tmp_path / trace)
    assert (2, "") == (ran.status, ran.out)
    assert ran.err.startswith("minibridge: cannot write the trace file")


def test_a_full_disk_is_told_in_one_line(run: Run, picture: Path) -> None:
    """A trace that does not fit ends with 2 and the system's own words."""
    ran = run("upload", picture, "--trace", "/dev/full")
    assert 2 == ran.status
    assert "minibridge: cannot write the trace file '/dev/full': No space left" in ran.err


MISTAKES = {
    "a folder": (("upload", "."), "'.' is not a regular file"),
    "too long a name": (("upload", "x" * 300), "cannot be read: File name too long"),
    "an absent file": (("upload", "absent.png"), "there is no file 'absent.png'"),
    "an unknown target": (("upload", "F", "--on", "wx,alipay"), "unknown platform 'alipay'"),
    "a near miss": (("upload", "F", "--on", "my:id"), "did you mean 'my:ide'?"),
    "no target": (("upload", "F", "--on", ","), "--on names no target"),
    "a bad version": (("upload", "F", "--on", "wx@new"), "bad version"),
    "an unknown field": (("upload", "F", "--set", "colour=red"), "unknown profile field 'colour'"),
    "an impossible value": (("upload", "F", "--set", "overflow=drop"), "queue or reject"),
    "a number for a flag": (("upload", "F", "--set", "check_cors=3"), "check_cors is bool"),
    "a field of many words": (("upload", "F", "--set", "members=abort"), "set it from Python"),
    "another argument": (("upload", "F", "--set", "seed=3"), "unknown profile field 'seed'"),
    "no equals sign": (("upload", "F", "--form", "user"), "'user' is not KEY=VALUE"),
    "no key": (("upload", "F", "--header", "=1"), "'=1' is not KEY=VALUE"),
    "no JSON": (("upload", "F", "--option", "name=x"), "'x' is not JSON"),
    "JSON without an end": (("upload", "F", "--option", f"a={'[' * 100_000}"), "is not JSON"),
    "no number": (("upload", "F", "--timeout", "soon"), "'soon' is not a number"),
    "no file": (("upload",), "FILE"),
    "an unknown flag": (("upload", "F", "--twice"), "--twice"),
    "no command": ((), "COMMAND"),
    "an unknown command": (("download",), "download"),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_told_in_one_line(run: Run, picture: Path, mistake: str) -> None:
    """Usage errors exit with 2, print nothing on stdout, and one line on stderr."""
    argv, told = MISTAKES[mistake]
    ran = run(*(picture if word == "F" else word for word in argv))
    assert (2, "") == (ran.status, ran.out)
    assert told in ran.err
    assert ran.err.startswith("minibridge: ")
    assert 1 == len(ran.err.splitlines())


def test_a_fraction_of_a_millisecond_is_a_timeout_too(run: Run, picture: Path, sink: Sinks) -> None:
    """`--timeout` takes any number; the call fails as the host's timeout does."""
    with sink({"delay": 60}) as server:
        ran = run("upload", picture, "--to", server.url, "--timeout", "40.5", "--json")
    assert "uploadFile:fail timeout" == ran.json[0]["outcome"]["result"]["errMsg"]
    assert 40.5 == ran.json[0]["options"]["timeout"]
