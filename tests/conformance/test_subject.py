"""Cases on somebody's own mock, in a plain Node."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Protocol

import pytest

from bridge import BridgeError
from bridge.conformance import Case, Place, Verdict, subject
from bridge.conformance.subject import run_subject
from tests.conformance.conftest import SETTLED, UPLOAD

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conformance.conftest import Make

SOURCE = {"status": "documented", "address": "a page"}
NAP = "Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1000)"
ANSWERS = "o.success({statusCode: 200}); o.complete({statusCode: 200});"
# A mock that really uploads, in Node's own words; it is wrong in some other things.
REAL = """
const fs = require('fs');
const path = require('path');
async function send(o, task) {
  const form = new FormData();
  Object.keys(o.formData || {}).forEach((key) => form.append(key, String(o.formData[key])));
  const type = 'image/png';
  form.append(o.name, new Blob([fs.readFileSync(o.filePath)], {type}), path.basename(o.filePath));
  const answer = await fetch(o.url, {method: 'POST', body: form, headers: o.header || {}});
  const header = Object.fromEntries(answer.headers);
  return {data: await answer.text(), statusCode: String(answer.status), header};
}
exports.wx = {
  uploadFile(o) {
    send(o).then((told) => { o.success(told); o.complete(told); });
    return {abort() {}, onProgressUpdate() {}};
  },
};
"""


class Judge(Protocol):
    """Play cases on a mock that is written to a file."""

    def __call__(self, source: str, *cases: Case, name: str = "mock.js") -> list[Verdict]:
        """Return the verdicts."""


@pytest.fixture
def judge(tmp_path: Path) -> Judge:
    """Play cases on a mock that is written to a file."""

    def judging(source: str, *cases: Case, name: str = "mock.js") -> list[Verdict]:
        (tmp_path / name).write_text(source)
        return run_subject(cases, Place("wx"), tmp_path / name, within=1.0)

    return judging


def uploading(body: str) -> str:
    """Return a mock whose `uploadFile(o)` does this."""
    return f"exports.wx = {{ uploadFile(o) {{ {body} }} }};"


def outcomes(verdicts: list[Verdict]) -> list[str]:
    """Return how cases ended."""
    return [verdict.outcome for verdict in verdicts]


def faults(verdict: Verdict) -> list[tuple[str, Any, Any]]:
    """Return what does not hold: the sentence, what was asked, what was found."""
    return [(fault.that, fault.expected, fault.actual) for fault in verdict.faults]


# --- where a mock is found


@pytest.mark.parametrize(
    ("name", "source"),
    [
        ("mock.js", f"exports.wx = {{uploadFile(o) {{ {ANSWERS} }} }};"),
        ("mock.js", f"module.exports = {{uploadFile(o) {{ {ANSWERS} }} }};"),
        ("mock.js", f"global.wx = {{uploadFile(o) {{ {ANSWERS} }} }}; exports.other = 1;"),
        ("mock.js", f"module.exports = new (class {{ uploadFile(o) {{ {ANSWERS} }} }})();"),
        ("mock.mjs", f"export const wx = {{uploadFile(o) {{ {ANSWERS} }} }};"),
        ("mock.mjs", f"export default {{uploadFile(o) {{ {ANSWERS} }} }};"),
        ("mock.mjs", f"export function uploadFile(o) {{ {ANSWERS} }}"),
        ("mock.js", f"exports.wx = new Proxy({{}}, {{get: () => (o) => {{ {ANSWERS} }} }});"),
    ],
)
def test_a_mock_is_found_wherever_it_may_be(
    judge: Judge, make: Make, name: str, source: str
) -> None:
    """As a key of the exports, as a global that is set, or as all that is exported."""
    case = make(holds=[{"that": "it ends", "of": "a.success", "path": "statusCode", "is": 200}])
    returned = judge(source, case, name=name)
    assert ["passed"] == outcomes(returned)


@pytest.mark.parametrize(
    ("source", "told"),
    [
        ("", "mock.js: it has no 'wx': export it as module.exports.wx or as module.exports, or"),
        ("exports.minibridge = {arranges: []};", "mock.js: it has no 'wx'"),
        ("throw new Error('no luck');", "mock.js: it cannot be loaded: Error: no luck"),
        ("function (", "mock.js: it cannot be loaded: SyntaxError"),
        ("process.exit(3);", "mock.js: it ended Node with 3"),
        (
            "exports.wx = {f() {}}; exports.minibridge = {arranges: ['netwerk']};",
            "mock.js: unknown word in minibridge.arranges 'netwerk'; did you mean 'network'?",
        ),
    ],
)
def test_a_file_that_is_no_mock_is_refused(
    judge: Judge, make: Make, source: str, told: str
) -> None:
    """One sentence says why, before any case is played."""
    with pytest.raises(BridgeError) as refused:
        judge(source, make())
    assert str(refused.value).startswith(told)


def test_a_file_that_is_not_there_is_refused(tmp_path: Path, make: Make) -> None:
    """By the name it was given."""
    with pytest.raises(BridgeError, match=r"there is no file '.*absent\.js' to play cases on"):
        run_subject([make()], Place("wx"), tmp_path / "absent.js")


# --- what a mock gets wrong


def test_a_mock_is_told_what_it_gets_wrong_and_by_which_source(judge: Judge, make: Make) -> None:
    """Case, expectation, what was expected and found, and where that is written."""
    holds = [{"that": "a number", "of": "a.success", "path": "statusCode", "is": 200}]
    [verdict] = judge(
        uploading("o.success({statusCode: '200'});"), make(holds=holds, source=SOURCE)
    )
    assert [("a number", 200, "200")] == [
        (fault.that, fault.expected, fault.actual)
        for fault in verdict.faults
        if fault.source == SOURCE
    ]


def test_a_mock_that_really_uploads_passes_what_it_does_well(judge: Judge, make: Make) -> None:
    """Files are real, the server is real, and each case is judged by itself."""
    file = {"that": "the file", "of": "wire:/upload", "path": "files.0", "file": "photo.png"}
    name = {"of": "wire:/upload", "path": "files.0.filename", "matches": "tmp_[0-9a-f]{32}\\.png"}
    status = {"that": "the status", "of": "a.success", "path": "statusCode", "is": 201}
    given = {"server": [{"status": 201, "body": "hi"}], "files": {"photo.png": {"size": 70000}}}
    text = {"that": "the text", "of": "a.success", "path": "data", "is": "hi"}
    verdicts = judge(
        REAL,
        make(id="good", given=given, holds=[file, {"that": "its name", **name}, text]),
        make(id="bad", given=given, holds=[file, status]),
    )
    assert [[], [("the status", 201, "201")]] == list(map(faults, verdicts))


def test_a_mock_that_throws_fails(judge: Judge, make: Make) -> None:
    """What it threw is told."""
    [verdict] = judge(uploading("throw new TypeError('no url');"), make())
    assert [("it succeeds", ["returned", "success", "complete", "resolved?"], ["threw"])] == faults(
        verdict
    )


def test_a_mock_that_never_calls_back_is_given_up(judge: Judge, make: Make) -> None:
    """The wait that was in vain is told, and nothing hangs."""
    [verdict] = judge(uploading(""), make())
    assert ("step 2 goes on in time", "it does", ["a.returned"]) == faults(verdict)[0]


def test_a_mock_that_calls_back_twice_is_caught(judge: Judge, make: Make) -> None:
    """Also when the second time is later than the end of the call."""
    again = f"setTimeout(() => {{ {ANSWERS} }}, 0); setTimeout(() => {{ {ANSWERS} }}, 25);"
    [verdict] = judge(uploading(again), make())
    twice = ["returned", "success", "complete", "success", "complete"]
    assert twice == faults(verdict)[0][2]


def test_a_function_that_a_mock_lacks_skips_its_cases(judge: Judge, make: Make) -> None:
    """And no other, with the name as the reason."""
    call = {"get": "getStorageSync", "as": "v", "args": ["k"]}
    holds = [{"that": "it answers", "of": "v.returned", "is": 1}]
    verdicts = judge(uploading(ANSWERS), make(id="b", steps=[call], holds=holds), make())
    assert ["skipped", "failed"] == outcomes(verdicts)
    assert verdicts[0].skip is not None
    assert {"why": "missing", "what": "wx.getStorageSync"} == verdicts[0].skip.to_json()


def test_what_a_mock_throws_where_nobody_catches_is_told(judge: Judge, make: Make) -> None:
    """It does not end the case, which fails for another reason."""
    [verdict] = judge(uploading("setTimeout(() => { throw new Error('lost'); }, 0);"), make())
    assert "the subject threw where nobody catches: lost" == verdict.error


def test_what_a_callback_throws_is_no_fault_of_the_mock(judge: Judge, make: Make) -> None:
    """The case asked for it, so it is not told as the mock's."""
    steps = [{**UPLOAD, "throws": ["success"]}, SETTLED]
    [verdict] = judge(uploading(f"setTimeout(() => {{ {ANSWERS} }}, 0);"), make(steps=steps))
    assert ("failed", "") == (verdict.outcome, verdict.error)


def test_a_mock_that_ends_node_fails_that_case_only(judge: Judge, make: Make) -> None:
    """Each case has a Node of its own."""
    source = uploading(f"if (o.name === 'x') process.exit(4); {ANSWERS}")
    steps = [{**UPLOAD, "options": {"$usual": True, "name": "x"}}, SETTLED]
    holds = [{"that": "it ends", "of": "a.success", "count": 1}]
    verdicts = judge(source, make(steps=steps, holds=holds), make(id="b", holds=holds))
    assert ["failed", "passed"] == outcomes(verdicts)
    assert "it ended Node with 4" == verdicts[0].error


def test_a_mock_that_does_not_come_back_is_stopped(
    judge: Judge, make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not even a loop without an end, here one of naps, outlasts the deadline of a case."""
    monkeypatch.setattr(subject, "_START_SECONDS", 4.0)
    [verdict] = judge(uploading(f"for (;;) {NAP};"), make())
    assert "it was not over after 6 s and was stopped" == verdict.error


def test_cases_do_not_see_each_other(judge: Judge, make: Make) -> None:
    """What a mock keeps in its module is fresh for each."""
    source = "let n = 0; exports.wx = {getStorageSync() { n += 1; return n; }};"
    steps = [{"get": "getStorageSync", "as": "v", "args": ["k"]}]
    case = {"steps": steps, "holds": [{"that": "the first", "of": "v.returned", "is": 1}]}
    assert ["passed"] * 2 == outcomes(judge(source, make(**case), make(**case, id="b")))


# --- what is given


@pytest.mark.parametrize(
    ("file", "found"),
    [
        ({"text": "hi"}, "hi"),
        ({"text": "hi", "kind": "user"}, "hi"),
        ({"text": "hi", "kind": "package"}, "hi"),
        ({"gone": True}, "ENOENT"),
        ({"unreadable": True}, "ELOOP"),
    ],
)
def test_given_files_are_real_ones(
    judge: Judge, make: Make, file: dict[str, Any], found: str
) -> None:
    """Wherever they lie, the path leads there; one that is gone or unreadable is so."""
    source = """
    const fs = require('fs');
    exports.wx = {getStorageSync(path) {
      try { return fs.readFileSync(path, 'utf8'); } catch (error) { return error.code; }
    }};"""
    steps = [{"get": "getStorageSync", "as": "v", "args": [{"$given": "a.txt"}]}]
    holds = [{"that": "it is there", "of": "v.returned", "is": found}]
    [verdict] = judge(source, make(given={"files": {"a.txt": file}}, steps=steps, holds=holds))
    assert [] == faults(verdict)


def test_a_browser_gets_a_file_of_its_own(judge: Judge, make: Make) -> None:
    """`$blob` is a File by the name the user knows."""
    source = "exports.wx = {getStorageSync: (file) => [file.name, file.size]};"
    steps = [{"get": "getStorageSync", "as": "v", "args": [{"$blob": "photo.png"}]}]
    holds = [{"that": "it is a File", "of": "v.returned", "is": ["photo.png", 1000]}]
    assert ["passed"] == outcomes(judge(source, make(steps=steps, holds=holds)))


def test_a_server_that_waits_for_more_answers_none_before(judge: Judge, make: Make) -> None:
    """`gather` keeps answers back until all have begun: the first waits for a late second."""
    late = "new Promise((go) => setTimeout(go, late)).then(() => send(o)).then"
    source = "let late = -150;\n" + REAL.replace("send(o).then", f"late += 150;\n{late}")
    steps = [{**UPLOAD, "times": 2}, SETTLED]
    took = {"since": "a1.returned", "least": 140}
    holds = [
        {"that": "both arrive", "of": "wire", "count": 2},
        {"that": "the first waits", "of": "a1.success", "took": took},
    ]
    [verdict] = judge(source, make(given={"gather": 2}, steps=steps, holds=holds))
    assert [] == faults(verdict)


@pytest.mark.parametrize("given", [{"network": "offline"}, {"virtual": {}}, {"readings": {}}])
def test_what_nobody_can_arrange_is_skipped(
    judge: Judge, make: Make, given: dict[str, Any]
) -> None:
    """With the word as the reason."""
    [verdict] = judge(uploading(ANSWERS), make(given=given))
    assert verdict.skip is not None
    assert {"why": "cannot arrange", "what": next(iter(given))} == verdict.skip.to_json()


HOOKED = """
let told = [];
exports.wx = {getStorageSync: () => told};
exports.minibridge = {
  arranges: ['network', 'album', 'domains'],
  arrange: (what) => Promise.resolve().then(() => { told.push(what); }),
};
"""
LOOK = {"get": "getStorageSync", "as": "v", "args": ["k"]}


def test_a_hook_arranges_what_it_says(judge: Judge, make: Make) -> None:
    """It is told before the first step, and by each step that changes something; paths are real."""
    given = {"network": "offline", "album": ["photo.png"], "domains": [{"$sink": ""}]}
    steps = [{"arrange": {"network": "online"}}, LOOK]
    holds = [
        {"that": "first", "of": "v.returned", "path": "0.network", "is": "offline"},
        {"that": "then", "of": "v.returned", "path": "1", "is": {"network": "online"}},
        {"that": "a path", "of": "v.returned", "path": "0.album.0", "matches": "/.+\\.png"},
        {"that": "an address", "of": "v.returned", "path": "0.domains.0", "matches": "http://.+"},
    ]
    [verdict] = judge(HOOKED, make(given=given, steps=steps, holds=holds))
    assert [] == faults(verdict)


def test_a_step_that_no_hook_arranges_skips(judge: Judge, make: Make) -> None:
    """A hook is asked for nothing but what it has named."""
    steps = [{"arrange": {"cancel": True}}, LOOK]
    holds = [{"that": "something", "of": "v.returned", "count": 0}]
    [verdict] = judge(HOOKED, make(steps=steps, holds=holds))
    assert verdict.skip is not None
    assert "cancel" == verdict.skip.what


def test_a_hook_that_fails_fails_the_case(judge: Judge, make: Make) -> None:
    """With its own words."""
    source = HOOKED.replace("told.push(what);", "throw new Error('no network here');")
    holds = [{"that": "something", "of": "v.returned", "count": 0}]
    case = make(given={"network": "offline"}, steps=[LOOK], holds=holds)
    [verdict] = judge(source, case)
    assert "its minibridge.arrange failed: no network here" == verdict.error


def test_a_case_that_makes_no_sense_there_is_told(judge: Judge, make: Make) -> None:
    """What a mock has not handed out cannot be taken."""
    path = {"$from": "a.success", "path": "data"}
    steps = [UPLOAD, SETTLED, {"get": "getStorageSync", "as": "v", "args": [path]}]
    source = "exports.wx = {uploadFile(o) { o.fail({}); o.complete({}); }, getStorageSync() {} };"
    [verdict] = judge(source, make(steps=steps))
    assert "a.success has not happened, so nothing can be taken from it" == verdict.error


def test_the_verdicts_are_plain_data(judge: Judge, make: Make) -> None:
    """In the form of every other verdict."""
    verdicts = judge(uploading(ANSWERS), make(only=["my"]), make(id="b"))
    told = json.loads(json.dumps([verdict.to_json() for verdict in verdicts]))
    assert [("a", "wx", "skipped"), ("b", "wx", "failed")] == [
        (each["case"], each["target"], each["outcome"]) for each in told
    ]
