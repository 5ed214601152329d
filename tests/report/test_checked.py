"""The page of a check as a document: what it holds, each thing once, and nothing that can run."""

from __future__ import annotations

import base64
import gzip
import json
from typing import TYPE_CHECKING, Any

import pytest

from bridge import BridgeError
from bridge.conformance import Fault, Skip, Verdict
from bridge.conformance.load import load
from bridge.conformance.run import run
from bridge.report.checked import write_check
from tests.report.test_page import HOSTILE, Document, named, policy_of

if TYPE_CHECKING:
    from pathlib import Path

    from tests.report.samples import Json


def data_of(path: Path) -> tuple[list[Json], Json]:
    """Return the cases of a page, and what it tells of itself."""
    cases: list[Json] = []
    about: dict[str, Any] = {}
    for attributes, content in Document(path.read_text(encoding="utf-8")).all("script"):
        if attributes.get("class") == "calls":
            lines = gzip.decompress(base64.b64decode(json.loads(content))).decode().split("\n")
            cases += map(json.loads, lines)
        elif attributes.get("id") == "about":
            about = json.loads(content)
    return cases, about


def test_a_case_has_each_expectation_once_with_its_targets(tmp_path: Path) -> None:
    """A source by target makes two of one sentence; targets are told by their place."""
    cases = {case.id: case for case in load(["upload/success"])}
    verdicts = run(cases.values(), ["wx", "my:ide", "uni/wx"])
    write_check(verdicts, cases, tmp_path / "a.html", "check, python")
    [case], about = data_of(tmp_path / "a.html")
    assert ["wx", "my:ide", "uni/wx"] == [target["name"] for target in about["targets"]]
    assert "uni-app over WeChat on a phone" == about["targets"][2]["title"]
    assert ("upload/success", [0, 1, 2], []) == (case["id"], case["passed"], case["failed"])
    assert cases["upload/success"].title == case["title"]
    told = [(hold["that"], json.dumps(hold["source"])) for hold in case["holds"]]
    assert len(told) == len(set(told))
    of = {verdict.target: [hold.that for hold in verdict.holds] for verdict in verdicts}
    for at, name in enumerate(of):
        assert of[name] == [hold["that"] for hold in case["holds"] if at in hold["on"]]


def test_faults_errors_and_skips_of_several_targets_are_gathered(tmp_path: Path) -> None:
    """The same on two targets stands there once; what differs stands apart."""
    same = Fault("a", 1, 2)
    verdicts = [
        Verdict("c", "wx", "failed", faults=(same,)),
        Verdict("c", "my", "failed", faults=(same, Fault("a", 1, 3))),
        Verdict("c", "h5", "failed", error="it broke"),
        Verdict("c", "app", "skipped", skip=Skip("lacks", "api:x")),
    ]
    write_check(verdicts, {}, tmp_path / "a.html", "t")
    [case], _ = data_of(tmp_path / "a.html")
    assert [(2, [0, 1]), (3, [1])] == [(fault["actual"], fault["on"]) for fault in case["faults"]]
    assert [{"error": "it broke", "on": [2]}] == case["errors"]
    assert [{"why": "lacks", "what": "api:x", "on": [3]}] == case["skipped"]


def test_what_a_case_says_stays_data(tmp_path: Path) -> None:
    """Hostile texts add no element, and the policy allows the page's own script alone."""
    verdicts = [Verdict(f"x/{HOSTILE}", "wx", "failed", faults=(Fault(HOSTILE, HOSTILE, HOSTILE),))]
    write_check(verdicts, {}, tmp_path / "a.html", HOSTILE)
    text = (tmp_path / "a.html").read_text(encoding="utf-8")
    found = Document(text)
    [script] = [inner for attributes, inner in found.all("script") if not attributes]
    assert named(script) == policy_of(text)["script-src"]
    assert "connect-src" not in policy_of(text)
    assert HOSTILE == data_of(tmp_path / "a.html")[1]["title"]
    assert 3 == len(found.all("script"))


def test_a_page_that_cannot_be_written_is_one_sentence(tmp_path: Path) -> None:
    """The folder is not there."""
    with pytest.raises(BridgeError, match="cannot write the page"):
        write_check([], {}, tmp_path / "no" / "a.html", "t")
