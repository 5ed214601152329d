"""`minibridge probe`, and `minibridge check` with `--subject` and `--transcript`."""

from __future__ import annotations

import asyncio
import json
import signal
import subprocess
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol
from xml.etree import ElementTree as ET

import pytest

from bridge import Bridge
from bridge.cli import main
from bridge.logic import engine
from bridge.logic.program import Program

if TYPE_CHECKING:
    from pathlib import Path

MOCK = """exports.wx = {uploadFile(o) {
  setTimeout(() => { o.success({statusCode: '200'}); o.complete({statusCode: '200'}); }, 0);
}};"""
CASE: dict[str, Any] = {
    "id": "mine",
    "title": "A title",
    "source": {"status": "documented", "address": "a page"},
    "given": {"server": [{"status": 201}]},
    "steps": [{"call": "uploadFile", "as": "a", "options": {"$usual": True}}],
    "holds": [
        {
            "that": "the status",
            "of": "a.success",
            "path": "statusCode",
            "is": 201,
            "cites": ["status_code"],
        }
    ],
}
OFFLINE = {**CASE, "id": "offline", "given": {"network": "offline"}}
PAGE = "pages/index/index"


@dataclass(frozen=True)
class Ran:
    """How the command ended, and what it said."""

    status: int
    out: str
    err: str


class Run(Protocol):
    """Run a command in this process."""

    def __call__(self, *argv: object) -> Ran:
        """Return how it ended."""


@pytest.fixture
def run(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run a command in a folder with a mock and a file of two cases, on 80 columns."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.delenv("FORCE_COLOR", raising=False)
    (tmp_path / "mock.js").write_text(MOCK)
    (tmp_path / "mine.json").write_text(json.dumps([CASE, OFFLINE]))

    def running(*argv: object) -> Ran:
        status = main([str(word) for word in argv])
        return Ran(status, *capsys.readouterr())

    return running


# --- a subject


def test_a_mock_is_told_what_it_gets_wrong(run: Run) -> None:
    """The file's name stands where an engine's would."""
    ran = run("check", "mine.json", "--subject", "mock.js", "--on", "wx")
    assert (1, "") == (ran.status, ran.err)
    expected = """\
FAILED mine
  the status, on wx
    expected 201
    but      "200"
    documented: a page

2 cases on 1 target, mock.js: 0 passed, 1 failed, 1 skipped ("""
    assert ran.out.startswith(expected)
    assert "skipped 1: the engine cannot arrange it (network 1)" in ran.out


def test_a_missing_function_is_counted(run: Run, tmp_path: Path) -> None:
    """By name, and it fails nothing."""
    (tmp_path / "mock.js").write_text("exports.wx = {other() {}};")
    ran = run("check", "mine.json", "--subject", "mock.js", "--on", "wx")
    assert 0 == ran.status
    assert "skipped 2: the subject has no such function (wx.uploadFile 2)" in ran.out


def test_a_mock_may_stand_for_several_targets(run: Run) -> None:
    """Each has expectations of its own; the results are data like all others."""
    ran = run("check", "mine.json", "--subject", "mock.js", "--on", "wx,wx:devtools", "--json")
    results = json.loads(ran.out)["results"]
    assert [
        ("mine", "wx"),
        ("offline", "wx"),
        ("mine", "wx:devtools"),
        ("offline", "wx:devtools"),
    ] == [(each["case"], each["target"]) for each in results]


def test_a_deadline_gives_a_wait_up(run: Run, tmp_path: Path) -> None:
    """In seconds."""
    (tmp_path / "mock.js").write_text("exports.wx = {uploadFile() {}};")
    ran = run("check", "mine.json", "--subject", "mock.js", "--on", "wx", "--deadline", "0.05")
    assert "step 2 goes on in time, on wx" in ran.out


@pytest.mark.parametrize(
    ("flags", "told"),
    [
        (("--subject", "mock.js"), "--subject needs --on: the host that it stands for"),
        (("--subject", "no.js", "--on", "wx"), "there is no file 'no.js' to play cases on"),
        (
            ("--subject", "mock.js", "--transcript", "x"),
            "--transcript judges what was seen elsewhere: it cannot go with --subject",
        ),
        (
            ("--transcript", "x", "--coverage"),
            "--transcript judges what was seen elsewhere: it cannot go with --coverage",
        ),
        (
            ("--subject", "mock.js", "--on", "wx", "--trace", "x"),
            "--trace records calls of the emulator, and with --subject there are none",
        ),
        (("--transcript", "absent"), "cannot read the transcripts 'absent': No such file"),
        (("--deadline", "0", "--subject", "x"), "argument --deadline: '0' is not a number"),
    ],
)
def test_flags_that_make_no_sense_are_a_mistake(
    run: Run, flags: tuple[str, ...], told: str
) -> None:
    """One line, and status 2."""
    ran = run("check", "mine.json", *flags)
    assert (2, "") == (ran.status, ran.out)
    assert ran.err.startswith(f"minibridge: {told}")


def test_without_node_no_mock_can_be_played(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """The way to get one is told, and the status is 3."""
    monkeypatch.setitem(engine._COMMANDS, "node", lambda: None)  # noqa: SLF001  as where there is none
    ran = run("check", "mine.json", "--subject", "mock.js", "--on", "wx")
    assert 3 == ran.status
    assert "no JavaScript engine (node) is here" in ran.err


# --- a probe


def test_a_project_is_told_with_what_comes_next(run: Run) -> None:
    """How many cases it plays, what was left out and why, and the three steps."""
    ran = run("probe", "mine.json", "-o", "new", "--on", "my")
    assert (0, "") == (ran.status, ran.err)
    expected = """\
new: 1 case for my
left out 1: cannot arrange (network 1)
  1. minibridge sink --script new/answers.json > seen.jsonl
  2. Alipay's IDE: open this folder as a mini-program, and have it ignore the
  legality of domains
  3. minibridge check --transcript seen.jsonl
"""
    assert expected == ran.out


def test_a_project_is_told_as_data(run: Run, tmp_path: Path) -> None:
    """With `--json`; the address is part of it where it is given."""
    ran = run("probe", "mine.json", "-o", "new", "--on", "wx", "--to", "http://a:1/", "--json")
    left_out = [{"case": "offline", "why": "cannot arrange", "what": "network"}]
    assert {"target": "wx", "cases": ["mine"], "left_out": left_out} == json.loads(ran.out)
    assert '"to": "http://a:1"' in (tmp_path / "new" / "scenes.js").read_text()


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--on", "wx,my"), "a project is for one target, and --on names 2"),
        (("--to", "192.168.1.7:8000"), "argument --to: '192.168.1.7:8000' is not an origin"),
        (("--on", "uni/wx"), "uni/wx is compiled by tools of its own"),
        (("--on", "my"), "no case that was asked for can be played on a my that nobody touches"),
    ],
)
def test_a_project_that_cannot_be_is_a_mistake(
    run: Run, tmp_path: Path, words: tuple[str, ...], told: str
) -> None:
    """Nothing is written."""
    (tmp_path / "mine.json").write_text(json.dumps(OFFLINE))
    ran = run("probe", "mine.json", "-o", "new", *words)
    assert 2 == ran.status
    assert ran.err.startswith(f"minibridge: {told}")
    assert not (tmp_path / "new").exists()


# --- a transcript


async def play(page: Path, address: str) -> None:
    """Open a page of a project, type the address and start."""
    async with Bridge("wx") as host, Program(host, engine="node") as program:
        await program.load(page)
        await program.page(PAGE).call("typed", {"detail": {"value": address}})
        await program.page(PAGE).call("start")


@pytest.fixture
def seen(run: Run, tmp_path: Path) -> Path:
    """Provide what `minibridge sink` prints while the project runs on a host of ours."""
    run("probe", "mine.json", "-o", "new", "--on", "wx")
    script = tmp_path / "new" / "answers.json"
    with (tmp_path / "seen.jsonl").open("wb") as out:
        sink = subprocess.Popen(
            [sys.executable, "-m", "bridge.cli", "sink", "--script", script],
            stdout=out,
            stderr=subprocess.PIPE,
            text=True,
        )
    with sink:
        assert sink.stderr is not None
        address = sink.stderr.readline().split()[3].rstrip(",")
        asyncio.run(play(tmp_path / "new" / f"{PAGE}.js", address))
        sink.send_signal(signal.SIGINT)
    return tmp_path / "seen.jsonl"


def test_what_a_sink_prints_is_judged(run: Run, seen: Path) -> None:
    """From the project to the findings by commands alone."""
    ran = run("check", "mine.json", "--transcript", seen)
    assert (0, "") == (ran.status, ran.err)
    lines = ran.out.splitlines()
    assert ["AGREES mine on wx", "  a.success.statusCode 201 (status_code)"] == lines[:2]
    assert "1 transcript: 1 agree" == lines[-1]


def test_a_disagreement_is_shown_with_entry_value_and_source(run: Run, seen: Path) -> None:
    """And the command fails."""
    altered = seen.read_text().replace('\\"statusCode\\":201', '\\"statusCode\\":\\"201\\"', 1)
    seen.write_text(altered.replace('\\"brand\\":\\"Xiaomi\\"', '\\"brand\\":\\"Acme\\"'))
    ran = run("check", "mine.json", "--transcript", seen)
    assert 1 == ran.status
    shown = " ".join(ran.out.split())
    assert (
        'DIFFERS mine on wx the status: a.success.statusCode expected 201 recorded "201" emulated'
        ' 201 documented: a page entry status_code source {"status": "recorded", "address": "Acme,'
    ) in shown
    assert ran.out.endswith("\n1 transcript: 0 agree, 1 differ\n")


def test_findings_are_data_and_verdicts_junit(run: Run, seen: Path, tmp_path: Path) -> None:
    """Each finding by itself; the verdict by the case for a CI service."""
    ran = run("check", "mine.json", "--transcript", seen, "--json", "--junit", "junit.xml")
    told = json.loads(ran.out)
    assert [("mine", "passed")] == [(each["case"], each["outcome"]) for each in told["results"]]
    [finding] = told["findings"]
    assert (["status_code"], True, 201, 201) == tuple(
        finding[key] for key in ("entries", "agrees", "recorded", "emulated")
    )
    assert "recorded" == finding["source"]["status"]
    assert "1" == ET.parse(tmp_path / "junit.xml").getroot().get("tests")  # noqa: S314  our own


def test_another_target_can_be_compared_with(run: Run, seen: Path) -> None:
    """A project for phones may have run in a simulator; of several there is no one to choose."""
    ran = run("check", "mine.json", "--transcript", seen, "--on", "wx:devtools", "--json")
    assert "wx:devtools" == json.loads(ran.out)["results"][0]["target"]
    ran = run("check", "mine.json", "--transcript", seen, "--on", "wx,my")
    assert 2 == ran.status
    assert "transcripts are compared with one target, and --on names 2" in ran.err


def test_what_was_not_played_to_its_end_is_told(run: Run, seen: Path) -> None:
    """So is how many cases of the run have no transcript; the command fails."""
    end = '\\"date\\":'
    more = '\\"error\\":\\"no luck\\",\\"date\\":'
    seen.write_text(seen.read_text().replace(end, more).replace('\\"of\\":1', '\\"of\\":3'))
    ran = run("check", "mine.json", "--transcript", seen)
    assert 1 == ran.status
    assert "mine was not played to its end: no luck" in ran.out
    assert ran.out.endswith("cases of the run without a transcript: 2\n")


def test_a_case_that_says_nothing_of_a_target_is_named(
    run: Run, seen: Path, tmp_path: Path
) -> None:
    """It is neither an agreement nor a disagreement."""
    (tmp_path / "mine.json").write_text(json.dumps({**CASE, "only": ["my"]}))
    ran = run("check", "mine.json", "--transcript", seen)
    assert (0, "1 transcript: 0 agree\nnot judged on this target: mine\n") == (ran.status, ran.out)


def test_cases_that_are_asked_for_leave_others_out(run: Run, seen: Path) -> None:
    """A file may hold more than one wants to look at."""
    ran = run("check", "upload/success", "--transcript", seen)
    assert (0, "0 transcripts: 0 agree\n") == (ran.status, ran.out)
    ran = run("check", "--transcript", seen)
    assert 2 == ran.status
    assert "there is no case 'mine' to judge a transcript by" in ran.err
