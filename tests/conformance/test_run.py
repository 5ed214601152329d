"""Running cases: what is arranged, what is skipped and why, and what makes a case fail."""

from __future__ import annotations

import asyncio
import gc
import json
import selectors
import threading
import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from jsonschema import Draft202012Validator

import schemas
from bridge import BridgeError
from bridge.conformance import Place, Transcript, load, run
from bridge.conformance.virtual import run as run_virtually
from bridge.target import resolve

if TYPE_CHECKING:
    from bridge.conformance import Verdict
    from tests.conformance.conftest import Make, Play

UPLOAD: dict[str, Any] = {"call": "uploadFile", "as": "a", "options": {"$usual": True}}
SETTLED = {"wait": "settled"}
FAILS = [{"that": "it fails", "of": "a", "order": ["returned", "fail", "complete", "rejected?"]}]


def parts_of(seen: list[Transcript]) -> list[Any]:
    """Return the parts of the only upload of what was played last."""
    [upload] = seen[-1].uploads
    parts: list[Any] = upload["parts"]
    return parts


def said(seen: list[Transcript]) -> dict[str, Any]:
    """Return what `fail` heard in what was played last."""
    [told] = [event.value for event in seen[-1].events if event.name == "a.fail"]
    return dict(told)


# --- what is given


def test_files_have_size_content_and_kind(make: Make, play: Play, seen: list[Transcript]) -> None:
    """The first one is the usual file, another is reached by its name."""
    files: dict[str, Any] = {
        "sized.png": {"size": 300},
        "text.txt": {"text": "é", "kind": "user"},
        "bytes.bin": {"base64": "aGk=", "kind": "saved"},
        "package.txt": {"text": "in", "kind": "package"},
    }
    for name, size in zip(files, (300, 2, 2, 2), strict=True):
        options = {"$usual": True, "filePath": {"$given": name}}
        case = make(given={"files": files}, steps=[{**UPLOAD, "options": options}, SETTLED])
        assert "passed" == play(case).outcome
        assert [size] == [part["size"] for part in parts_of(seen)]
    assert "passed" == play(make(given={"files": files})).outcome
    assert [300] == [part["size"] for part in parts_of(seen)]


def test_a_file_may_be_gone(make: Make, play: Play, seen: list[Transcript]) -> None:
    """Only its path is left, whatever its kind."""
    for kind in ("temp", "package"):
        given = {"files": {"a.png": {"gone": True, "kind": kind}}}
        assert "passed" == play(make(given=given, holds=FAILS)).outcome
        assert "uploadFile:fail file not found" == said(seen)["errMsg"]


@pytest.mark.parametrize("kind", ["temp", "user", "package"])
def test_a_file_may_be_there_and_not_be_opened(
    make: Make, play: Play, seen: list[Transcript], kind: str
) -> None:
    """Not even by a superuser; the host has words of its own for it."""
    given = {"files": {"a.png": {"unreadable": True, "kind": kind}}}
    assert "passed" == play(make(given=given, holds=FAILS), "tt:feishu").outcome
    assert ("uploadFile:fail No read permission", 201) == (
        said(seen)["errMsg"],
        said(seen)["errno"],
    )


@pytest.mark.parametrize(
    ("network", "code"),
    [("offline", "-106"), ("dnsFailure", "-105"), ("refuse", "-102")],
)
def test_the_network_has_a_condition(
    make: Make, play: Play, seen: list[Transcript], network: str, code: str
) -> None:
    """A word for each that ends every call."""
    assert "passed" == play(make(given={"network": network}, holds=FAILS)).outcome
    assert f"uploadFile:fail upload fail:{code}:" in said(seen)["errMsg"]


def test_an_upload_is_cut(make: Make, play: Play, seen: list[Transcript]) -> None:
    """A reset in the middle of the body ends the call."""
    given = {"network": {"resetAfter": {"percent": 50}}, "files": {"a.png": {"size": 500000}}}
    assert "passed" == play(make(given=given, holds=FAILS)).outcome
    assert "CONNECTION_RESET" in said(seen)["errMsg"]


def test_domains_are_judged_once_a_list_is_given(make: Make, play: Play) -> None:
    """The list may name the server, and may be one by API."""
    sink = {"$sink": ""}
    for domains, holds in [
        (["https://a.example.com"], {"holds": FAILS}),
        ([sink], {}),
        ({"uploadFile": [sink]}, {}),
        ({"request": [sink]}, {"holds": FAILS}),
    ]:
        assert "passed" == play(make(given={"domains": domains}, **holds)).outcome


def test_other_origins_lead_to_the_server(make: Make, play: Play) -> None:
    """An origin that is not given leads nowhere."""
    options = {"$usual": True, "url": "https://b.example.com/upload"}
    steps = [{**UPLOAD, "options": options}, SETTLED]
    given = {"origins": ["https://b.example.com"]}
    assert ["passed", "failed"] == [
        play(make(steps=steps, **more)).outcome for more in ({"given": given}, {})
    ]


def test_the_server_answers_by_a_script(make: Make, play: Play, seen: list[Transcript]) -> None:
    """An answer with status and body, then a redirect to the server itself, then the usual one."""
    redirect = {"redirect": {"$sink": "/elsewhere"}}
    given = {"server": [{"status": 404, "body": "gone"}, redirect]}
    steps = [UPLOAD, SETTLED, {**UPLOAD, "as": "b"}, SETTLED]
    assert "passed" == play(make(given=given, steps=steps)).outcome
    told = {e.name: e.value for e in seen[-1].events}
    assert (404, "gone") == (told["a.success"]["statusCode"], told["a.success"]["data"])
    assert 200 == told["b.success"]["statusCode"]
    assert ["/upload", "/upload", "/elsewhere"] == [each["path"] for each in seen[-1].uploads]


def test_the_server_waits_for_uploads_to_gather(make: Make, play: Play) -> None:
    """The first answer comes after the last upload has begun."""
    given = {"gather": 3}
    steps = [{**UPLOAD, "as": "a", "times": 3}, SETTLED]
    hold = {"that": "three", "of": "wire", "count": 3}
    assert "passed" == play(make(given=given, steps=steps, holds=[hold])).outcome


def test_the_version_of_the_host_is_set(make: Make, play: Play, seen: list[Transcript]) -> None:
    """What is judged is the older host, named by the target that was asked for."""
    case = make(given={"version": "1.3.0"})
    assert "wx" == play(case).target
    assert [] == seen[-1].events[0].value["members"]


def test_a_reading_replaces_a_field(make: Make, play: Play) -> None:
    """Alipay accepts an upload without a type once a case says so."""
    options = {"$usual": True, "fileType": {"$absent": True}}
    case = make(
        given={"readings": {"file_type": "ignored"}}, steps=[{**UPLOAD, "options": options}]
    )
    assert "passed" == play(case, "my").outcome


# --- virtual time


def test_virtual_time_takes_no_time(make: Make, play: Play) -> None:
    """A minute passes at once, to the millisecond."""
    given = {"network": {"stallAfter": {"bytes": 0}}, "virtual": {}}
    exact = {"since": "a.returned", "least": 60000, "most": 60000}
    hold = {"that": "it takes a minute", "of": "a.fail", "took": exact}
    began = time.perf_counter()
    assert "passed" == play(make(given=given, holds=[hold])).outcome
    assert time.perf_counter() - began < 20


def test_a_virtual_line_has_latency_rate_and_answers(
    make: Make, play: Play, seen: list[Transcript]
) -> None:
    """Two ways of 100 ms and a body at a rate; the script's statuses come in order."""
    given = {
        "virtual": {"latency": 100, "rate": 1000},
        "server": [{"status": 500, "body": "no", "times": 2}, {"body": {"a": 1}}],
    }
    options = {"$usual": True, "formData": {"k": "v"}}
    steps = [{**UPLOAD, "options": options, "times": 3}]
    verdict = play(
        make(given=given, steps=steps, holds=[{"that": "three", "of": "wire", "count": 3}])
    )
    assert "passed" == verdict.outcome
    told = {e.name: e for e in seen[-1].events}
    assert 1200 < told["a1.success"].at < 3000
    assert [500, 500, 200] == [told[f"a{n}.success"].value["statusCode"] for n in (1, 2, 3)]
    assert '{"a":1}' == told["a3.success"].value["data"]
    upload = seen[-1].uploads[0]
    assert ("POST", "/upload") == (upload["method"], upload["path"])
    assert [("k", None, "v"), ("file", "image/png", None)] == [
        (part["name"], part["content_type"], part["text"]) for part in upload["parts"]
    ]


def test_a_virtual_line_fails_for_any_reason(
    make: Make, play: Play, seen: list[Transcript]
) -> None:
    """What no server here could do: a certificate that is refused."""
    given = {"virtual": {"fails": "TLS_FAILURE"}}
    assert "passed" == play(make(given=given, holds=FAILS), "wx:devtools").outcome
    assert "ERR_TLS_CERT_ALTNAME_INVALID" in said(seen)["errMsg"]


def test_a_virtual_line_takes_no_redirect(make: Make, play: Play) -> None:
    """What it cannot do is refused in a sentence."""
    given = {"virtual": {}, "server": [{"redirect": "https://a.example.com"}]}
    told = play(make(given=given)).error
    assert "server step 1: in virtual time it has status, headers and body" == told


def test_a_virtual_loop_waits_for_threads_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    """While nothing is timed it sleeps until a thread wakes it, rather than spin."""
    asleep = threading.Event()
    select = selectors.SelectSelector.select

    def watched(self: selectors.SelectSelector, timeout: float | None = None) -> object:
        if timeout is None:
            asleep.set()
        return select(self, timeout)

    async def work() -> tuple[bool, float]:
        await asyncio.sleep(3600)
        return await asyncio.to_thread(asleep.wait, 5), asyncio.get_running_loop().time()

    monkeypatch.setattr(selectors.SelectSelector, "select", watched)
    assert (True, 3600.0) == run_virtually(work())


def test_a_virtual_loop_ends_once_its_threads_have_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    """However long a thread takes: that no time has passed is no reason to leave it."""
    asleep = threading.Event()
    left: list[asyncio.Future[bool]] = []
    select = selectors.SelectSelector.select

    def watched(self: selectors.SelectSelector, timeout: float | None = None) -> object:
        if timeout is None:
            asleep.set()
        return select(self, timeout)

    async def work() -> None:
        left.append(asyncio.get_running_loop().run_in_executor(None, asleep.wait, 5))

    monkeypatch.setattr(selectors.SelectSelector, "select", watched)
    run_virtually(work())
    assert [True] == [each.result() for each in left]


# --- what is skipped


@pytest.mark.parametrize(
    ("parts", "on", "engine", "why", "what"),
    [
        ({"only": ["my", "h5"]}, "wx", "python", "elsewhere", "my, h5"),
        ({"needs": ["works:abort"]}, "my:ide", "python", "lacks", "works:abort"),
        (
            {"steps": [{**UPLOAD, "call": "request"}]},
            "uploader/wx",
            "python",
            "lacks",
            "api:request",
        ),
        (
            {"steps": [UPLOAD, {"do": "offProgressUpdate", "on": "a"}]},
            "tt:feishu",
            "python",
            "lacks",
            "member:uploadFile.offProgressUpdate",
        ),
        (
            {"steps": [{**UPLOAD, "options": {"$by": {"my": {}}}}]},
            "wx",
            "python",
            "says nothing",
            "steps",
        ),
        ({"given": {"gather": {"$by": {"my": 1}}}}, "wx", "python", "says nothing", "given"),
        (
            {"holds": [{"that": "it is", "of": "a.success", "is": {"$by": {"my": 1}}}]},
            "wx",
            "python",
            "says nothing",
            "holds",
        ),
        ({"given": {"virtual": {}}}, "wx", "node", "cannot arrange", "virtual"),
        ({"given": {"version": "1.0.0"}}, "wx@2.0.0", "python", "cannot arrange", "version"),
    ],
)
def test_a_case_is_skipped_with_a_reason(  # noqa: PLR0913, PLR0917  one row of the table above
    make: Make, play: Play, parts: dict[str, Any], on: str, engine: str, why: str, what: str
) -> None:
    """The reason is data: why, and what of."""
    verdict = play(make(**parts), on, engine)
    detail = {"why": why, "what": what}
    expected = {"case": "a", "target": on, "outcome": "skipped", "detail": detail}
    assert expected == verdict.to_json()


def test_an_expectation_is_not_judged_where_it_says_nothing(make: Make, play: Play) -> None:
    """By a table without an entry, by `only` and by `needs`; the others are judged."""
    wrong = {"of": "a.success", "path": "statusCode"}
    holds = [
        {"that": "one", **wrong, "is": {"$by": {"my": 1}}},
        {"that": "two", **wrong, "is": 1, "only": ["my"]},
        {"that": "three", **wrong, "is": 1, "needs": ["success:trace"]},
        {"that": "four", **wrong, "is": 200},
    ]
    assert "passed" == play(make(holds=holds)).outcome
    assert ["three"] == [fault.that for fault in play(make(holds=holds), "tt:feishu").faults]


# --- what fails


def test_a_failed_expectation_tells_everything(make: Make, play: Play) -> None:
    """Its sentence, what was expected and found, and the source, by target where it is a table."""
    source = {"status": "documented", "address": "there"}
    hold = {"that": "a status", "of": "a.success", "path": "statusCode", "is": 201}
    case = make(holds=[{**hold, "source": {"$by": {"wx": source}}}])
    fault = {"that": "a status", "expected": 201, "actual": 200, "source": source}
    assert {"faults": [fault]} == play(case).to_json()["detail"]
    assert [None] == [fault.source for fault in play(case, "tt:feishu").faults]


def test_a_case_that_cannot_be_played_fails_with_a_sentence(make: Make, play: Play) -> None:
    """An empty album is the author's mistake, not the host's answer."""
    steps = [{"call": "chooseImage", "as": "a", "options": {}}]
    for engine in ("python", "node"):
        verdict = play(make(steps=steps), "wx", engine)
        assert "failed" == verdict.outcome
    verdict = play(make(steps=steps), "wx")
    assert "the album holds nothing to pick" in str(verdict.to_json()["detail"])


def test_a_stage_that_cannot_be_set_leaves_nothing_open(make: Make, play: Play) -> None:
    """The server has started when its script turns out to be wrong."""
    verdict = play(make(given={"server": [{"status": "fine"}]}))
    assert "'status' is a whole number" in str(verdict.to_json()["detail"])
    gc.collect()  # whatever is open says so now


def test_a_wrong_engine_is_refused(make: Make) -> None:
    """The engines are named."""
    with pytest.raises(BridgeError, match="unknown engine 'nod'; did you mean 'node'"):
        run([make()], ["wx"], "nod")


def test_verdicts_come_target_by_target_in_the_order_of_the_cases(make: Make) -> None:
    """However long each one takes."""
    cases = [make(id="slow", given={"server": [{"delay": 0.05}]}), make(id="b", only=["my"])]
    cases += [make(id="quick", holds=FAILS, steps=[{**UPLOAD, "options": {}}, SETTLED])]
    found = [(v.target, v.case, v.outcome) for v in run(cases, ["wx", "my"])]
    assert [
        ("wx", "slow", "passed"),
        ("wx", "b", "skipped"),
        ("wx", "quick", "passed"),
        ("my", "slow", "passed"),
        ("my", "b", "passed"),
        ("my", "quick", "passed"),
    ] == found


# --- a wrong profile


@pytest.mark.parametrize(
    ("on", "readings", "case"),
    [
        ("wx", {"status_code": "string"}, "upload/success"),
        (
            "wx",
            {"success": ("statusCode", "data", "header", "errMsg", "profile")},
            "upload/success",
        ),
        ("my", {"returns": "task"}, "upload/returned"),
        ("my", {"progress_names": "sent"}, "upload/progress"),
        ("my", {"headers_event": "wrapped"}, "task/headers-event"),
        ("wx", {"limit": 9}, "limits/queue"),
        ("wx", {"limit": 11}, "limits/queue"),
        ("wx:devtools", {"limit": 9}, "limits/reject"),
        ("wx", {"background_seconds": 5.5}, "network/background-slow"),
        ("wx", {"background_seconds": 4}, "network/background-quick"),
        ("my", {"background_seconds": 25}, "network/background-slow"),
        ("tt:douyin", {"background_seconds": 59}, "network/background-timeout"),
        ("my", {"fixed_timeout": 10_000}, "failures/default-timeout"),
        ("my", {"file_type": "ignored"}, "options/fileType"),
        ("uni/h5", {"header_case": "server"}, "upload/success"),
        ("uni/h5", {"off_without_function": "clear"}, "task/off-without-function"),
        ("uni/h5", {"duplicate_listeners": "once"}, "task/listener-twice"),
        ("wx", {"errno": "omit"}, "failures/timeout"),
        ("uploader/wx", {"domain": "ignore"}, "options/domain"),
    ],
)
def test_a_wrong_profile_fails(on: str, readings: dict[str, object], case: str) -> None:
    """Expected values are the case's own: another reading of a field does not move them."""
    right, wrong = (run(load([case]), [place]) for place in (Place(on), Place(on, readings)))
    assert "failed" not in {verdict.outcome for verdict in right}
    assert "failed" in {verdict.outcome for verdict in wrong}


@pytest.mark.parametrize(
    ("on", "changes", "case"),
    [
        ("wx", {"storage_kb": 1024}, "storage/size"),
        ("wx", {"network": ("wifi", "offline")}, "network/type"),
        ("wx", {"sync_failure": "return"}, "files/readFile-refused"),
        ("my:ide", {"sync_failure": "throw"}, "storage/no-key"),
        ("tt:douyin", {"version_key": "version"}, "system/version"),
        ("my", {"results_word": "success"}, "ability/forms"),
        ("tt:feishu", {"abilities": "all"}, "ability/options"),
        ("uni/h5", {"info": {}}, "system/information"),
        ("uni/app", {"apis": {}}, "system/functions"),
    ],
)
def test_a_wrong_phone_fails(on: str, changes: dict[str, Any], case: str) -> None:
    """Nor do those of the phone move with its description."""
    phone = resolve(on).profile.device
    assert phone is not None
    places = (Place(on), Place(on, {"device": replace(phone, **changes)}))
    right, wrong = run(load([case]), places)
    assert ("passed", "failed") == (right.outcome, wrong.outcome)


# --- transcripts


def test_a_transcript_obeys_its_schema_and_can_be_read_again(
    make: Make, play: Play, seen: list[Transcript]
) -> None:
    """What is written down as data is the same when it is read."""
    play(make())
    data = json.loads(json.dumps(seen[-1].to_json()))
    Draft202012Validator(schemas.shared("transcript")).validate(data)
    assert Transcript.of(data) == seen[-1]


@pytest.mark.parametrize(
    ("data", "told"),
    [({"v": 2}, "a transcript of version 2 cannot"), ({"v": 1, "events": []}, "no transcript")],
)
def test_what_is_no_transcript_is_refused(data: dict[str, Any], told: str) -> None:
    """Another version, or another form."""
    with pytest.raises(BridgeError, match=told):
        Transcript.of(data)


def proved(verdicts: list[Verdict]) -> list[tuple[str, ...]]:
    """Return what each verdict proves."""
    return [verdict.proved for verdict in verdicts]


def test_only_what_holds_in_a_case_that_passed_is_proved(make: Make) -> None:
    """One wrong expectation takes back what the others of its case would prove."""
    good = {"that": "good", "of": "a.success", "path": "statusCode", "is": 200, "cites": ["limit"]}
    bad = {**good, "that": "bad", "is": 201, "cites": ["overflow"]}
    cases = [make(id="one", holds=[good], cites=["data"]), make(id="two", holds=[good, bad])]
    assert [("data", "limit"), ()] == proved(run(cases, ["wx"]))
