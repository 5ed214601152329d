"""The players: the same steps give the same transcript in Python, Node and QuickJS."""

from __future__ import annotations

import re
from itertools import groupby
from typing import TYPE_CHECKING, Any

import pytest

from bridge.conformance import load, run

if TYPE_CHECKING:
    from bridge.conformance import Case, Transcript
    from bridge.runtime import Bridge
    from tests.conformance.conftest import Make, Play

SCRIPTS = ("node", "quickjs")
TARGETS = ["wx", "mpx/my", "uni/my:ide", "tt:feishu", "uploader/h5", "uni/app"]
# Both engines run the same JavaScript; on which targets it runs is hardly the engine's business.
ON = {"node": TARGETS, "quickjs": ["wx", "mpx/my", "uni/app"]}
each_engine = pytest.mark.parametrize("engine", ["python", *SCRIPTS])
UPLOAD: dict[str, Any] = {"call": "uploadFile", "as": "a", "options": {"$usual": True}}
LISTENS = {"do": "onProgressUpdate", "on": "a", "listener": "p"}
SETTLED = {"wait": "settled"}


def events_of(seen: list[Transcript], call: str = "a") -> list[str]:
    """Return the events of one call of what was played last."""
    return [event.what for event in seen[-1].events if event.call == call]


def value_of(seen: list[Transcript], name: str) -> Any:  # noqa: ANN401  any JSON
    """Return what the first event of a name brought."""
    return next(event.value for event in seen[-1].events if event.name == name)


# --- each step


@each_engine
def test_an_interceptor_does_what_the_case_says(
    make: Make, play: Play, seen: list[Transcript], engine: str
) -> None:
    """Its functions write down what they are given, set keys, return and throw."""
    hooks = {
        "invoke": {"sets": {"name": "set"}, "passes": True, "later": True},
        "complete": {"throws": True},
        "returnValue": {"returns": False},
    }
    steps = [
        {"intercept": "uploadFile", "as": "i", "hooks": hooks},
        {**UPLOAD, "callbacks": ["success"]},
        {"wait": {"event": "i.heard:complete"}},
        {"intercept": "*", "removes": "i"},
        {"intercept": "uploadFile", "removes": "*"},
        {**UPLOAD, "as": "b"},
        SETTLED,
    ]
    hold = {"that": "it is set", "of": "wire", "path": "*.files.0.name", "is": ["set", "file"]}
    assert "passed" == play(make(steps=steps, holds=[hold]), "uni/h5", engine).outcome
    assert ["heard:invoke", "heard:returnValue", "heard:complete"] == events_of(seen, "i")
    assert ["returned", "resolved", "success"] == events_of(seen)
    assert {"kind": "promise", "members": []} == value_of(seen, "i.heard:returnValue")
    assert {"$js": "Function"} == value_of(seen, "i.heard:invoke")["success"]
    assert ["returned", "success", "complete"] == events_of(seen, "b")


@each_engine
def test_a_call_gets_its_callbacks(
    make: Make, play: Play, seen: list[Transcript], engine: str
) -> None:
    """All three unless some are named; what is named alone is called alone."""
    calls = [UPLOAD, *({**UPLOAD, "as": f"b{n}"} for n in range(2))]
    calls[1]["callbacks"], calls[2]["callbacks"] = ["success", "fail"], ["complete"]
    play(make(steps=[*calls, SETTLED]), engine=engine)
    assert ["returned", "success", "complete"] == events_of(seen)
    assert ["returned", "success"] == events_of(seen, "b0")
    assert ["returned", "complete"] == events_of(seen, "b1")


@each_engine
def test_a_promise_is_listened_to(
    make: Make, play: Play, seen: list[Transcript], engine: str
) -> None:
    """Without callbacks `uni` returns a Promise; it resolves, or is rejected."""
    good = {**UPLOAD, "callbacks": []}
    bad = {**good, "as": "b", "options": {"$usual": True, "filePath": "nowhere.png"}}
    play(make(steps=[good, bad, SETTLED]), "uni/wx", engine)
    assert ["returned", "resolved"] == events_of(seen)
    assert ["returned", "rejected"] == events_of(seen, "b")
    assert {"kind": "promise", "members": []} == value_of(seen, "a.returned")
    assert {"errMsg": "uploadFile:fail file not found"} == value_of(seen, "b.rejected")


@each_engine
def test_a_promise_around_a_task_is_described_inside_and_out(
    make: Make, play: Play, seen: list[Transcript], engine: str
) -> None:
    """What usePromise of mpx returns keeps the native return, whose members are called."""
    given = {"readings": {"use_promise": "on"}}
    steps = [UPLOAD, {"do": "abort", "on": "a"}, SETTLED]
    play(make(given=given, steps=steps), "mpx/tt:feishu", engine)
    native = {"kind": "task", "members": ["abort", "onProgressUpdate"]}
    outer = {"kind": "promise", "members": [], "native": native}
    assert outer == value_of(seen, "a.returned")
    assert ["returned", "did:abort", "fail", "complete", "rejected"] == events_of(seen)


@each_engine
def test_a_wait_goes_on_inside_the_callback(
    make: Make, play: Play, seen: list[Transcript], engine: str
) -> None:
    """What follows `success` is called before `complete`, in the callback itself."""
    then = {"get": "getStorageSync", "as": "b", "args": ["k"]}
    play(make(steps=[UPLOAD, {"wait": {"event": "a.success"}}, then]), engine=engine)
    names = [event.name for event in seen[-1].events]
    assert ["a.returned", "a.success", "b.returned", "a.complete"] == names


@each_engine
def test_a_wait_for_a_percentage_goes_on_in_the_listener(
    make: Make, play: Play, seen: list[Transcript], engine: str
) -> None:
    """`abort` then comes in the turn of that very progress event, and ends the call."""
    given = {"files": {"a.png": {"size": 3000000}}}
    steps = [UPLOAD, LISTENS, {"wait": {"percent": 30, "of": "a"}}, {"do": "abort", "on": "a"}]
    play(make(given=given, steps=steps), engine=engine)
    reached = [
        event.what == "heard:p" and event.value["progress"] >= 30 for event in seen[-1].events
    ]
    assert "did:abort" == seen[-1].events[reached.index(True) + 1].what
    assert ["fail", "complete"] == events_of(seen)[-2:]


@each_engine
def test_a_wait_for_one_call_leaves_the_others(
    make: Make, play: Play, seen: list[Transcript], engine: str
) -> None:
    """A call that is refused at once settles while an upload still runs."""
    wrong = {"call": "uploadFile", "as": "b", "options": {}}
    then = {"get": "getStorageSync", "as": "c", "args": ["k"]}
    given = {"server": [{"delay": 0.05}]}
    play(make(given=given, steps=[UPLOAD, wrong, {"wait": {"settled": "b"}}, then]), engine=engine)
    names = [event.name for event in seen[-1].events]
    assert names.index("b.complete") < names.index("c.returned") < names.index("a.success")


@each_engine
def test_a_wait_for_time_lets_others_go_on(
    make: Make, play: Play, seen: list[Transcript], engine: str
) -> None:
    """So many milliseconds later the next step follows."""
    then = {"get": "getStorageSync", "as": "b", "args": ["k"]}
    play(make(steps=[then | {"as": "a"}, {"wait": {"ms": 20}}, then]), engine=engine)
    first, last = seen[-1].events
    assert last.at - first.at >= 19


@each_engine
def test_a_wait_in_vain_is_given_up(
    make: Make, play: Play, seen: list[Transcript], engine: str
) -> None:
    """The case fails, and says at which step it stood."""
    wait = {"wait": {"event": "a.fail"}, "within": 50}
    verdict = play(
        make(steps=[UPLOAD, wait, {"get": "getStorageSync", "args": ["k"]}]), "wx", engine
    )
    assert "failed" == verdict.outcome
    assert ["step 2 goes on in time"] == [fault.that for fault in verdict.faults]
    assert {"step": 2} == value_of(seen, ".gave up")
    assert ["a", "a", "a", ""] == [event.call for event in seen[-1].events]


@each_engine
def test_a_function_that_answers_at_once_is_asked(
    make: Make, play: Play, seen: list[Transcript], engine: str
) -> None:
    """Its arguments cross one by one; what it returns is written down with JavaScript's types."""
    data = {"n": [1, None, {"$js": "NaN"}], "t": "é"}
    steps = [
        {"get": "setStorageSync", "as": "set", "args": ["k", data]},
        {"get": "getStorageSync", "as": "a", "args": ["k"]},
        {"get": "getFileSystemManager", "as": "fs"},
        {"read": "env.USER_DATA_PATH", "as": "root"},
        {"read": "env.NOTHING.AT.ALL", "as": "none"},
    ]
    play(make(steps=steps), engine=engine)
    assert data == value_of(seen, "a.returned")
    assert {"$js": "undefined"} == value_of(seen, "none.returned")
    assert {"$js": "Function"} == value_of(seen, "fs.returned")["readFile"]
    assert "wxfile://usr" == value_of(seen, "root.returned")


@each_engine
def test_one_function_is_asked_several_things(
    make: Make, play: Play, seen: list[Transcript], engine: str
) -> None:
    """With each text alone; one that throws leaves no answer at all."""
    steps = [
        {"get": "canIUse", "as": "a", "over": ["uploadFile", "nothing"]},
        {"get": "getFileSystemManager", "as": "fs"},
        {"get": "accessSync", "as": "b", "on": "fs", "over": ["wxfile://usr", "gone"]},
    ]
    play(make(steps=steps), engine=engine)
    assert {"uploadFile": True, "nothing": False} == value_of(seen, "a.returned")
    assert ["threw"] == events_of(seen, "b")


@each_engine
def test_several_members_are_looked_at(
    make: Make, play: Play, seen: list[Transcript], engine: str
) -> None:
    """Of the global or of what was returned; what is not there is undefined, and skips nothing."""
    steps = [
        {"read": ["canIUse", "env.USER_DATA_PATH", "nothing.at.all"], "as": "a"},
        {"get": "getFileSystemManager", "as": "fs"},
        {"read": ["stat", "nothing"], "on": "fs", "as": "b"},
    ]
    play(make(steps=steps), "uni/wx", engine)
    function, nothing = {"$js": "Function"}, {"$js": "undefined"}
    members = {"canIUse": function, "env.USER_DATA_PATH": "wxfile://usr", "nothing.at.all": nothing}
    assert members == value_of(seen, "a.returned")
    assert {"stat": function, "nothing": nothing} == value_of(seen, "b.returned")


@each_engine
def test_a_function_of_a_result_is_called(
    make: Make, play: Play, seen: list[Transcript], engine: str
) -> None:
    """A result may have functions of its own, and may lack one."""
    steps = [
        {"get": "getFileSystemManager", "as": "fs"},
        {"get": "statSync", "on": "fs", "as": "stats", "args": [{"$given": "photo.png"}]},
        {"get": "isFile", "on": "stats", "as": "a"},
        {"get": "isLink", "on": "stats", "as": "b"},
    ]
    play(make(steps=steps), engine=engine)
    assert True is value_of(seen, "a.returned")
    assert ["threw"] == events_of(seen, "b")


@each_engine
def test_a_function_of_what_was_returned_is_called(
    make: Make, play: Play, seen: list[Transcript], engine: str
) -> None:
    """`on` names an object as well as a task."""
    options = {"filePath": {"$given": "photo.png"}}
    steps = [
        {"get": "getFileSystemManager", "as": "fs"},
        {"call": "readFile", "on": "fs", "as": "a", "options": options},
        SETTLED,
    ]
    given = {"files": {"photo.png": {"text": "hi"}}}
    play(make(given=given, steps=steps), engine=engine)
    assert {"$bytes": "aGk="} == value_of(seen, "a.success")["data"]


@each_engine
def test_what_an_earlier_event_brought_is_handed_on(
    make: Make, play: Play, seen: list[Transcript], engine: str
) -> None:
    """A path that a picker answered is uploaded; a missing event ends the case."""
    options = {"$usual": True, "filePath": {"$from": "pick.success", "path": "tempFilePaths.0"}}
    given = {"files": {"b.jpg": {"size": 5}}, "album": ["b.jpg"]}
    steps = [{"call": "chooseImage", "as": "pick"}, SETTLED, {**UPLOAD, "options": options}]
    assert "passed" == play(make(given=given, steps=steps), engine=engine).outcome
    assert [5] == [part["size"] for part in seen[-1].uploads[0]["parts"]]
    verdict = play(make(given=given, steps=[steps[0], steps[2]]), engine=engine)
    assert "pick.success has not happened, so nothing can be taken" in verdict.error


@each_engine
def test_the_surroundings_change_on_the_way(
    make: Make, play: Play, seen: list[Transcript], engine: str
) -> None:
    """`arrange` takes effect before the next step, in the same turn or a later one."""
    listens = {"do": "onNetworkStatusChange", "listener": "n"}
    off, on = ({"arrange": {"network": word}} for word in ("offline", "online"))
    until = {"wait": {"event": "onNetworkStatusChange.heard:n"}}
    play(
        make(steps=[listens, off, UPLOAD, until, SETTLED, on, {**UPLOAD, "as": "b"}]), engine=engine
    )
    heard = [event.value for event in seen[-1].events if event.what == "heard:n"]
    assert [False, True] == [value["isConnected"] for value in heard]
    assert ["returned", "fail", "complete"] == events_of(seen)
    assert ["returned", "success", "complete"] == events_of(seen, "b")


@each_engine
def test_a_dialog_is_answered_on_the_way(
    make: Make, play: Play, seen: list[Transcript], engine: str
) -> None:
    """`answer` counts for one dialog; one that nobody answers for is confirmed."""
    asks = {"call": "showModal", "options": {"title": "?", "editable": True}}
    steps = [
        {**asks, "as": "a"},
        SETTLED,
        {"arrange": {"answer": {"confirm": False}}},
        {**asks, "as": "b"},
        SETTLED,
        {**asks, "as": "c"},
        SETTLED,
    ]
    given = {"answer": {"confirm": True, "content": "Ann"}}
    play(make(given=given, steps=steps), engine=engine)
    told = [value_of(seen, f"{call}.success") for call in "abc"]
    assert [(True, "Ann"), (False, None), (True, "")] == [
        (one["confirm"], one.get("content")) for one in told
    ]


@each_engine
def test_a_picker_is_backed_out_of_on_the_way(
    make: Make, play: Play, seen: list[Transcript], engine: str
) -> None:
    """`cancel` counts for the next picker only."""
    steps = [{"arrange": {"cancel": True}}, {"call": "chooseImage", "as": "a"}, SETTLED]
    given = {"files": {"b.jpg": {}}, "album": ["b.jpg"]}
    play(make(given=given, steps=[*steps, {"call": "chooseImage", "as": "b"}]), engine=engine)
    assert ["returned", "fail", "complete"] == events_of(seen)
    assert ["returned", "success", "complete"] == events_of(seen, "b")


@each_engine
def test_callbacks_throw_and_spoil_where_the_case_says_so(
    make: Make, play: Play, seen: list[Transcript], engine: str
) -> None:
    """The others are called all the same, and see nothing of it."""
    steps = [{**UPLOAD, "throws": ["success"], "spoils": True}, {**LISTENS, "throws": ["p"]}]
    assert "failed" == play(make(steps=steps), engine=engine).outcome
    assert {"returned", "did:onProgressUpdate", "heard:p", "success", "complete"} == {
        *events_of(seen)
    }
    assert "spoilt" not in value_of(seen, "a.complete")


@each_engine
def test_a_listener_of_one_name_is_one_function(
    make: Make, play: Play, seen: list[Transcript], engine: str
) -> None:
    """What was added under a name is taken off by it."""
    steps = [UPLOAD, LISTENS, {**LISTENS, "do": "offProgressUpdate"}, SETTLED]
    play(make(steps=steps), engine=engine)
    assert "heard:p" not in events_of(seen)


@each_engine
def test_what_throws_is_written_down(
    make: Make, play: Play, seen: list[Transcript], engine: str
) -> None:
    """A member that throws, one of nothing at all, and a function that throws the host's text."""
    steps = [UPLOAD, {"do": "onHeadersReceived", "on": "a", "listener": "h"}, SETTLED]
    play(make(steps=steps), "uni/h5", engine)
    assert {"message": "Method not implemented."} == value_of(seen, "a.threw:onHeadersReceived")
    play(make(steps=[{**UPLOAD, "options": {}}, {"do": "abort", "on": "a"}]), engine=engine)
    assert "threw:abort" in events_of(seen)
    steps = [
        {"get": "getFileSystemManager", "as": "fs"},
        {"get": "readFileSync", "on": "fs", "as": "b", "args": ["nowhere"]},
    ]
    play(
        make(steps=steps, holds=[{"that": "it throws", "of": "b.threw", "count": 1}]), engine=engine
    )
    assert "no such file" in value_of(seen, "b.threw")["message"]


@each_engine
def test_a_function_that_sets_returns_the_global(
    make: Make, play: Play, seen: list[Transcript], engine: str
) -> None:
    """It can be chained, which is written down as such."""
    play(make(steps=[{"get": "config", "as": "a", "args": [{}]}]), "uploader/h5", engine)
    assert {"$js": "global"} == value_of(seen, "a.returned")


@each_engine
def test_options_may_be_anything(
    make: Make, play: Play, seen: list[Transcript], engine: str
) -> None:
    """No options at all, no object, a function, undefined: each crosses as what it is."""
    steps: list[dict[str, Any]] = [
        {"call": "uploadFile", "as": "none", "callbacks": []},
        {"call": "uploadFile", "as": "text", "options": "url", "callbacks": []},
        {**UPLOAD, "options": {"$usual": True, "url": {"$js": "Function"}}},
        {**UPLOAD, "as": "b", "options": {"$usual": True, "name": {"$js": "undefined"}}},
        {**UPLOAD, "as": "c", "options": {"$usual": True, "name": {"$bytes": "aGk="}}},
    ]
    play(make(steps=steps), engine=engine)
    said = "uploadFile:fail parameter error: parameter."
    told = {name: value_of(seen, f"{name}.fail")["errMsg"] for name in ("a", "b", "c")}
    assert {
        "a": f"{said}url should be String instead of Function;",
        "b": f"{said}name should be String instead of Undefined;",
        "c": f"{said}name should be String instead of ArrayBuffer;",
    } == told
    assert [["returned"], ["returned"]] == [events_of(seen, name) for name in ("none", "text")]


@each_engine
def test_a_browsers_file_is_passed(
    make: Make, play: Play, seen: list[Transcript], engine: str
) -> None:
    """H5 takes a File in place of a path."""
    options = {"$usual": True, "filePath": {"$absent": True}, "file": {"$blob": "photo.png"}}
    verdict = play(make(steps=[{**UPLOAD, "options": options}, SETTLED]), "uni/h5", engine)
    assert "passed" == verdict.outcome
    assert ["photo.png"] == [part["filename"] for part in seen[-1].uploads[0]["parts"]]


# --- every case of ours


def plain(value: Any) -> Any:  # noqa: ANN401  any JSON
    """Return what does not depend on the time of day, on chance or on Python's one nothing."""
    if isinstance(value, dict):
        if value == {"$js": "undefined"}:
            return None
        return {key: plain(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [plain(inner) for inner in value]
    if isinstance(value, str):
        return re.sub(r"\d\d:\d\d:\d\d|(?=[0-9a-f]*\d)[0-9a-f]{8,}\w*", "#", value)
    return "number" if isinstance(value, (int, float)) and not isinstance(value, bool) else value


def told(transcript: Transcript) -> object:
    """Return a transcript call by call, runs of progress events as one, uploads in any order."""
    calls: dict[str, list[object]] = {}
    for (call, what), group in groupby(transcript.events, key=lambda one: (one.call, one.what)):
        # Sockets decide how often progress is heard; the first of each run stands for all.
        calls.setdefault(call, []).append([what, plain(next(group).value)])
    parts = [[upload["path"], plain(upload["parts"])] for upload in transcript.uploads]
    return calls, sorted(map(repr, parts))


def transcripts(
    cases: list[Case], engine: str, targets: list[str]
) -> dict[tuple[str, str], object]:
    """Play cases and return what was seen, by case and target."""
    seen: dict[tuple[str, str], object] = {}

    def watch(transcript: Transcript, _: Bridge) -> None:
        seen[transcript.case, transcript.target] = told(transcript)

    run(cases, targets, engine, watch=watch)
    return seen


@pytest.fixture(scope="module")
def in_python() -> dict[tuple[str, str], object]:
    """Play every case of ours in Python that needs no virtual time."""
    return transcripts([case for case in load() if "virtual" not in case.given], "python", TARGETS)


@pytest.mark.timeout(120)
@pytest.mark.parametrize("engine", SCRIPTS)
def test_every_player_sees_the_same(engine: str, in_python: dict[tuple[str, str], object]) -> None:
    """Call by call, the same events in the same order with the same content."""
    here = {key: seen for key, seen in in_python.items() if key[1] in ON[engine]}
    assert len(here) > 100
    assert here == transcripts(load(), engine, ON[engine])
