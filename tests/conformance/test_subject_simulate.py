"""The simulator of WeChat's own component tests, from npm: what its `wx` gets wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bridge.conformance import Place, load
from bridge.conformance.subject import run_subject
from tests import npm

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bridge.conformance import Fault, Verdict

PACKAGE, VERSION = "miniprogram-simulate", "1.6.2"
CASES = (
    "upload/success",
    "upload/form",
    "upload/progress",
    "upload/returned",
    "options/required[url]",
    "task/abort-same-tick",
    "request/success",
    "texts/files[MISSING_FILE]",
    "texts/domain",
)


@pytest.fixture(scope="module")
def verdicts(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Verdict]:
    """Provide what came of each case on the simulator's `wx`."""
    root = tmp_path_factory.mktemp("simulate")
    npm.install(root, {PACKAGE: VERSION})
    file = root / "node_modules" / PACKAGE / "index.js"
    found = run_subject(load(CASES), Place("wx"), file, jobs=2)
    return {verdict.case: verdict for verdict in found}


def faults(verdicts: Mapping[str, Verdict], case: str) -> dict[str, Fault]:
    """Return what a case has found wrong, by the sentence of the expectation."""
    return {fault.that: fault for fault in verdicts[case].faults}


def test_its_global_is_found(verdicts: dict[str, Verdict]) -> None:
    """It exports its own functions and sets `wx` beside them; no case was left unplayed for it."""
    skipped = {case for case, verdict in verdicts.items() if verdict.outcome == "skipped"}
    assert {"texts/domain"} == skipped


def test_its_upload_sends_nothing(verdicts: dict[str, Verdict]) -> None:
    """It answers by itself; no request reaches the server."""
    arrived = faults(verdicts, "upload/form")["the file arrives whole"]
    assert "0 uploads to /upload have arrived, of 0 in all" == arrived.actual
    asked = faults(verdicts, "request/success")["it is a GET of the address"]
    assert "0 uploads to /data have arrived, of 0 in all" == asked.actual


def test_its_upload_answers_an_object_where_text_is_documented(
    verdicts: dict[str, Verdict],
) -> None:
    """`data` is {} for any answer, the status 200 for any status; header and profile are absent."""
    found = faults(verdicts, "upload/success")
    assert {} == found["data is the body as text"].actual
    assert (201, 200) == (
        found["statusCode is the status of the answer, of the host's type"].expected,
        found["statusCode is the status of the answer, of the host's type"].actual,
    )
    keys = found["the result has the host's keys, in their order"]
    assert {"keys": {"errMsg": "string", "data": "object", "statusCode": "number"}} == keys.actual
    assert "reported" == keys.source["status"]  # type: ignore[index]


def test_its_upload_task_has_no_progress(verdicts: dict[str, Verdict]) -> None:
    """Two listeners are missing, and two are there that belong to requests in chunks."""
    members = faults(verdicts, "upload/returned")["it has the host's members"]
    has, needs = set(members.actual), set(members.expected)  # type: ignore[call-overload]
    assert {"onProgressUpdate", "offProgressUpdate"} == needs - has
    assert {"onChunkReceived", "offChunkReceived"} == has - needs
    assert "documented" == members.source["status"]  # type: ignore[index]
    assert "the last is 100" in faults(verdicts, "upload/progress")


def test_its_abort_tells_nobody(verdicts: dict[str, Verdict]) -> None:
    """Neither fail nor complete is called, so a program would wait for ever."""
    ended = faults(verdicts, "task/abort-same-tick")["fail and complete are called once"]
    assert ["returned", "did:abort", "did:abort"] == ended.actual


@pytest.mark.parametrize("case", ["options/required[url]", "texts/files[MISSING_FILE]"])
def test_it_refuses_nothing(verdicts: dict[str, Verdict], case: str) -> None:
    """A missing option and a missing file succeed."""
    assert any("success" in str(fault.actual) for fault in verdicts[case].faults)
