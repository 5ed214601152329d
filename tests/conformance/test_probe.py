"""The project that plays cases on a phone, run on our own hosts, and what is made of its story."""

from __future__ import annotations

import asyncio
import dataclasses
import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import bridge.conformance.probe
from bridge import Bridge, BridgeError, UploadServer
from bridge.conformance import Place, load, shipped
from bridge.conformance.probe import compare, project_of, read_recordings
from bridge.logic.program import Program
from tests.conformance.conftest import SETTLED, SUCCEEDS, UPLOAD

if TYPE_CHECKING:
    from collections.abc import Callable

    from bridge.conformance import Case
    from bridge.conformance.probe import Compared, Finding, Project
    from bridge.uploads import Upload
    from tests.conformance.conftest import Make

    Change = Callable[[dict[str, Any]], object]

HERE = Path(bridge.conformance.probe.__file__).parent
HOSTS = ("wx", "my", "tt:feishu", "tt:douyin")
FORMS: dict[str, dict[str, Any]] = json.loads((HERE / "hosts.json").read_text(encoding="utf-8"))
SOME = ("upload/*", "task/*", "options/*", "storage/*", "files/*", "request/cookies", "request/a*")
PAGE = "pages/index/index"
GIVEN = {"$given": "photo.png"}


@dataclass(frozen=True)
class Played:
    """What came of a run of a project."""

    file: Path
    state: str


async def played(
    project: Project, folder: Path, engine: str = "node", *, reachable: bool = True
) -> Played:
    """Run a project as a host would, against a server that prints as `minibridge sink` does."""
    project.write(folder / "project")
    lines: list[str] = []
    server = UploadServer(on_upload=lambda upload: lines.append(json.dumps(upload.to_json())))
    server.script(json.loads((folder / "project" / "answers.json").read_text()))
    async with server, Bridge(project.target, files=folder / "project") as host:
        address = server.url if reachable else "http://127.0.0.1:9"
        async with Program(host, engine=engine) as program:
            await program.load(folder / "project" / "app.js")
            await program.load(folder / "project" / f"{PAGE}.js")
            page = program.page(PAGE)
            await page.call("typed", {"detail": {"value": f"{address}/"}})
            await page.call("start")
            state = (await page.data())["state"]
    (folder / "seen.jsonl").write_text("".join(f"{line}\n" for line in lines))
    return Played(folder / "seen.jsonl", state)


def compared(file: Path, cases: list[Case], engine: str = "python") -> list[Compared]:
    """Compare what is in a file with the cases and the emulator."""
    found = read_recordings(file)
    places = {each.transcript.target: Place(each.transcript.target) for each in found}
    return compare(found, {case.id: case for case in cases}, places, engine)


def findings(found: list[Compared]) -> list[Finding]:
    """Return all findings."""
    return [finding for each in found for finding in each.findings]


def differing(found: list[Compared]) -> list[tuple[str, str, object, object]]:
    """Return what differs: the case, where, what was recorded and what is emulated."""
    return [
        (one.case, one.place, one.recorded, one.emulated)
        for one in findings(found)
        if not one.agrees
    ]


# --- the project


@pytest.mark.parametrize(
    ("target", "files"),
    [
        ("wx", {"app.wxss", f"{PAGE}.wxml", f"{PAGE}.wxss", "project.config.json"}),
        ("my:ide", {"app.acss", f"{PAGE}.axml", f"{PAGE}.acss", "mini.project.json"}),
        ("tt:feishu", {"app.ttss", f"{PAGE}.ttml", f"{PAGE}.ttss", "project.config.json"}),
        ("tt:douyin", {"app.ttss", f"{PAGE}.ttml", f"{PAGE}.ttss", "project.config.json"}),
    ],
)
def test_a_project_has_the_files_of_its_host(target: str, files: set[str], tmp_path: Path) -> None:
    """By the host's own endings, with the configuration its tools look for."""
    project_of(load(["upload/*"]), Place(target)).write(tmp_path / "new" / "project")
    found = [path for path in (tmp_path / "new" / "project").rglob("*") if path.is_file()]
    names = {path.relative_to(tmp_path / "new" / "project").as_posix() for path in found}
    ours = {"player.js", "probe.js", "scenes.js", "answers.json", "left-out.json"}
    common = {"app.js", "app.json", f"{PAGE}.js", f"{PAGE}.json"}
    assert files | ours | common == names
    for path in found:
        assert path.suffix != ".json" or json.loads(path.read_text(encoding="utf-8")) is not None


@pytest.mark.parametrize("target", HOSTS)
def test_a_page_is_written_in_the_words_of_its_host(target: str) -> None:
    """Events, the global and the title of the window."""
    place = Place(target)
    project = project_of(load(["upload/success"]), place)
    form = FORMS[place.target.profile.schema]
    markup = project.files[f"{PAGE}.{form['markup']}"].decode()
    assert [form["attributes"]["tap"], form["attributes"]["input"]] == [
        re.findall(r'(\w+)="start"', markup)[0],
        re.findall(r'(\w+)="typed"', markup)[0],
    ]
    assert "$" not in markup
    name = place.target.profile.namespace
    assert f"main: {name}, globals: {{ {name} }}" in project.files[f"{PAGE}.js"].decode()
    assert {form["title"]: "minibridge probe"} == json.loads(project.files["app.json"])["window"]


@pytest.mark.parametrize("host", FORMS)
def test_every_form_has_its_sources(host: str) -> None:
    """What is not documented has a note, as everywhere."""
    sources = FORMS[host]["sources"]
    assert {"markup", "attributes", "title", "config"} == set(sources)
    for source in sources.values():
        assert source["address"]
        assert source["status"] == "documented" or source["note"]


@pytest.mark.parametrize("name", ["probe.js", "index.js"])
@pytest.mark.parametrize(
    "word", ["platform", "wx.", "my.", "async ", "?.", "**", "{ ...", "catch {"]
)
def test_the_project_names_no_platform_and_no_new_syntax(name: str, word: str) -> None:
    """Its code is the same on every host, and runs on old phones."""
    code = (HERE / "project" / name).read_text(encoding="utf-8").splitlines()
    assert [] == [line for line in code if word in line and "//" not in line]


@pytest.mark.parametrize(
    ("target", "told"),
    [
        ("uni/wx", "uni/wx is compiled by tools of its own: a probe plays on a host, such as wx"),
        ("mpx/my", "mpx/my is compiled by tools of its own"),
    ],
)
def test_a_layer_has_no_project(target: str, told: str) -> None:
    """Its own tools would have to build it."""
    with pytest.raises(BridgeError, match=told):
        project_of(load(["upload/success"]), Place(target))


def test_a_host_without_a_form_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """The sentence names the forms there are."""
    place = Place("wx")
    monkeypatch.setattr(bridge.conformance.probe.project, "_forms", lambda: {"my": {}})
    with pytest.raises(BridgeError, match=r"for wx, whose schemas are 'wx': .* those of my"):
        project_of(load(["upload/success"]), place)


def test_a_folder_with_something_in_it_is_left_alone(tmp_path: Path) -> None:
    """An empty one will do."""
    project = project_of(load(["upload/success"]), Place("wx"))
    project.write(tmp_path)
    with pytest.raises(BridgeError, match="is not empty: name a new folder"):
        project.write(tmp_path)


def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    """A file stands in its place."""
    (tmp_path / "file").touch()
    project = project_of(load(["upload/success"]), Place("wx"))
    with pytest.raises(BridgeError, match=r"cannot write a project into '.*file'"):
        project.write(tmp_path / "file")


@pytest.mark.parametrize(
    ("parts", "what"),
    [
        ({"given": {"network": "offline"}}, "network"),
        ({"given": {"virtual": {}}}, "virtual"),
        ({"given": {"files": {"a.txt": {"unreadable": True}}}}, "unreadable"),
        ({"steps": [{**UPLOAD, "options": {"file": {"$blob": "photo.png"}}}]}, "blob"),
        ({"steps": [UPLOAD, {"call": "getStorage", "options": {"key": GIVEN}}]}, "temp file"),
    ],
)
def test_what_no_phone_can_be_brought_to_is_left_out(
    make: Make, parts: dict[str, Any], what: str
) -> None:
    """With the reason, as data, also in the project."""
    project = project_of([make(), make(**parts, id="b")], Place("wx"))
    told = {"b": {"why": "cannot arrange", "what": what}}
    assert ("a",) == project.played
    assert told == {name: skip.to_json() for name, skip in project.left_out.items()}
    assert told == json.loads(project.files["left-out.json"])


def test_a_name_in_the_code_package_means_one_thing(make: Make) -> None:
    """A case that would have another file there is left out, also where it is to be gone."""
    files: list[Any] = [{"text": "1"}, {"text": "2"}, {"text": "1"}, {"gone": True}]
    given = [{"files": {"a": {"kind": "package", **file}}} for file in files]
    given.append({"files": {"app.js": {"kind": "package"}}})
    cases = [make(id=f"c{number}", given=each) for number, each in enumerate(given)]
    project = project_of(cases, Place("wx"))
    assert ("c0", "c2") == project.played
    assert {"package file"} == {skip.what for skip in project.left_out.values()}
    assert b"1" == project.files["a"]


# --- on our own hosts


@pytest.mark.parametrize("target", HOSTS)
async def test_on_our_own_hosts_it_agrees_with_the_emulator(target: str, tmp_path: Path) -> None:
    """Every case a phone can play; nothing that was seen differs from what the emulator shows."""
    cases = list(shipped())
    project = project_of(cases, Place(target), linger=1)
    run = await played(project, tmp_path)
    count = len(project.played)
    assert re.fullmatch(rf"{count} cases played, and told http://127\.0\.0\.1:\d+", run.state)
    found = await asyncio.to_thread(compared, run.file, cases)
    assert [] == differing(found)
    assert set(project.played) == {one.case for one in findings(found)}


@pytest.mark.parametrize("target", HOSTS)
async def test_in_quickjs_it_agrees_as_well(target: str, tmp_path: Path) -> None:
    """Compared with a player of JavaScript, which tells null from undefined."""
    cases = load(SOME)
    project = project_of(cases, Place(target), linger=1)
    run = await played(project, tmp_path, "quickjs")
    found = await asyncio.to_thread(compared, run.file, cases, "quickjs")
    assert [] == differing(found)
    assert set(project.played) == {one.case for one in findings(found)}


async def test_a_file_of_the_code_package_is_part_of_the_project(
    make: Make, tmp_path: Path
) -> None:
    """And what is gone is nowhere."""
    files = {
        "a": {"text": "hi", "kind": "package"},
        "b": {"text": "user", "kind": "user"},
        "c": {"gone": True},
    }
    options = {name: {"$usual": True, "filePath": {"$given": name}} for name in files}
    calls = [{**UPLOAD, "as": name, "options": each} for name, each in options.items()]
    case = make(
        given={"files": files},
        steps=[step for call in calls for step in (call, SETTLED)],
        holds=[
            {"that": "both arrive", "of": "wire", "path": "*.files.0.text", "is": ["hi", "user"]},
            {"that": "the third fails", "of": "c.fail", "count": {"least": 1}},
        ],
    )
    run = await played(project_of([case], Place("wx"), linger=1), tmp_path)
    assert b"hi" == (tmp_path / "project" / "a").read_bytes()
    assert [] == differing(await asyncio.to_thread(compared, run.file, [case]))


async def test_cases_do_not_see_each_other(make: Make, tmp_path: Path) -> None:
    """What one has stored, and the files it was given, are gone when the next begins."""
    path = "wxfile://usr/a.txt"
    first = make(
        given={"files": {"a.txt": {"text": "hi", "kind": "user"}}},
        steps=[
            {"get": "setStorageSync", "as": "s", "args": ["k", 1]},
            {**UPLOAD, "options": {"$usual": True}},
            SETTLED,
        ],
    )
    second = make(
        id="b",
        steps=[
            {"get": "getStorageSync", "as": "stored", "args": ["k"]},
            {"call": "uploadFile", "as": "a", "options": {"$usual": True, "filePath": path}},
            SETTLED,
        ],
        holds=[
            {"that": "nothing is stored", "of": "stored.returned", "is": ""},
            {"that": "no file is there", "of": "a.fail", "path": "errMsg", "matches": ".*file.*"},
        ],
    )
    run = await played(project_of([first, second], Place("wx"), linger=1), tmp_path)
    assert [] == differing(await asyncio.to_thread(compared, run.file, [first, second]))


def test_what_sets_cookies_is_played_last(make: Make) -> None:
    """A phone keeps them, so that every later case would send them."""
    sets = make(given={"server": [{"headers": {"Set-Cookie": "k=v"}}]})
    assert ("b", "a") == project_of([sets, make(id="b")], Place("wx")).played


async def test_of_two_requests_on_one_path_each_is_compared(make: Make, tmp_path: Path) -> None:
    """Also the one that ended first."""
    case = make(steps=[{**UPLOAD, "times": 2}, SETTLED], holds=[{**SUCCEEDS, "of": "a1"}])
    run = await played(project_of([case], Place("wx"), linger=1), tmp_path)
    requests = run.file.read_text().splitlines()
    first = requests[0].replace('"size": 1000', '"size": 999')
    run.file.write_text("\n".join([first, *requests[1:]]))
    [differs] = differing(await asyncio.to_thread(compared, run.file, [case]))
    assert re.fullmatch(r"wire:/upload\.[01]\.parts\.0\.size", differs[1])


async def test_the_words_of_a_thrown_error_are_the_engines_own(make: Make, tmp_path: Path) -> None:
    """Unless a case asks for them."""
    steps = [{"get": "setStorageSync", "as": "v", "args": []}]
    case = make(steps=steps, holds=[{"that": "it throws", "of": "v", "order": ["threw"]}])
    run = await played(project_of([case], Place("wx"), linger=1), tmp_path)
    altered = run.file.read_text().replace("parameter error", "other words")
    assert altered != run.file.read_text()
    run.file.write_text(altered)
    assert [] == differing(await asyncio.to_thread(compared, run.file, [case]))


async def test_a_long_transcript_comes_in_pieces(make: Make, tmp_path: Path) -> None:
    """A server keeps 64 KiB of a plain request, so more is told in several."""
    body = "长" * 30_000
    holds = [{"that": "all of it", "of": "a.success", "path": "data", "is": body}]
    case = make(given={"server": [{"body": body}]}, holds=holds)
    run = await played(project_of([case], Place("wx"), linger=1), tmp_path)
    paths = [json.loads(line)["path"] for line in run.file.read_text().splitlines()]
    pieces = [path for path in paths if path.startswith("/transcript/")]
    assert len(pieces) > 2
    assert [] == differing(await asyncio.to_thread(compared, run.file, [case]))


async def test_a_server_that_is_not_there_is_told_on_the_page(tmp_path: Path) -> None:
    """And the run ends."""
    project = project_of(load(["upload/returned"]), Place("wx"), linger=1)
    run = await played(project, tmp_path, reachable=False)
    assert re.match(r"http://127\.0\.0\.1:9/transcript/\w+/0/1/1 cannot be reached: ", run.state)


async def test_with_an_address_it_plays_as_soon_as_it_is_opened(tmp_path: Path) -> None:
    """Nobody has to type on the phone."""
    done = asyncio.Event()

    def hear(upload: Upload) -> None:
        if upload.path.startswith("/transcript/"):
            done.set()

    async with UploadServer(on_upload=hear) as server, Bridge("my") as host:
        project_of(load(["upload/returned"]), Place("my"), to=server.url).write(tmp_path)
        async with Program(host, engine="node") as program:
            await program.load(tmp_path / f"{PAGE}.js")
            await program.page(PAGE).data()
            async with asyncio.timeout(20):
                await done.wait()


async def test_a_second_run_has_answers_of_its_own_and_counts(tmp_path: Path) -> None:
    """One sink serves any number of runs; of one case the last is judged."""
    cases = load(["upload/success"])
    project = project_of(cases, Place("wx"), linger=1)
    first = await played(project, tmp_path / "one")
    second = await played(project, tmp_path / "two")
    other = first.file.read_text().replace('\\"statusCode\\":201', '\\"statusCode\\":500')
    both = tmp_path / "both.jsonl"
    both.write_text(other + second.file.read_text())
    assert [] == differing(await asyncio.to_thread(compared, both, cases))
    both.write_text(second.file.read_text() + other)
    assert {"a.success.statusCode", "a.complete.statusCode"} <= {
        place for _, place, _, _ in differing(await asyncio.to_thread(compared, both, cases))
    }


# --- what was altered


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    """Provide the transcripts of a run on our own host, by case."""
    folder = tmp_path_factory.mktemp("told")
    project = project_of(load(SOME), Place("wx"), linger=1)
    file = asyncio.run(played(project, folder)).file
    return {each.transcript.case: each.transcript.to_json() for each in read_recordings(file)}


def altered(told: dict[str, dict[str, Any]], case: str, change: Change, folder: Path) -> list[Any]:
    """Return what differs once a transcript has been changed."""
    one = json.loads(json.dumps(told[case]))
    change(one)
    (folder / "altered.jsonl").write_text(json.dumps(one))
    return differing(compared(folder / "altered.jsonl", load([case])))


def event(one: dict[str, Any], what: str) -> dict[str, Any]:
    """Return an event of a transcript."""
    return next(each for each in one["events"] if each["what"] == what)


def both(one: dict[str, Any], key: str, **values: object) -> None:
    """Change an object in what success and complete have heard."""
    for what in ("success", "complete"):
        event(one, what)["value"][key].update(values)


def says(what: str, **values: object) -> Change:
    """Let an event have brought something else."""
    return lambda one: event(one, what)["value"].update(values)


def sends(**values: object) -> Change:
    """Let the first part of the first request be something else."""
    return lambda one: one["uploads"][0]["parts"][0].update(values)


def loses(one: dict[str, Any]) -> None:
    """Let `complete` never have come."""
    one["events"].remove(event(one, "complete"))


def repeats(one: dict[str, Any]) -> None:
    """Let `success` come once more."""
    one["events"].append(event(one, "success"))


def swaps(one: dict[str, Any]) -> None:
    """Let `complete` come before `success`."""
    names = [each["what"] for each in one["events"]]
    first, then = names.index("success"), names.index("complete")
    one["events"][first], one["events"][then] = one["events"][then], one["events"][first]


def forgets(one: dict[str, Any]) -> None:
    """Let the task have one member less."""
    event(one, "returned")["value"]["members"].pop()


ALTERED: tuple[tuple[str, Change, str], ...] = (
    ("upload/returned", says("success", errMsg="OK"), "a.success.errMsg"),
    ("upload/success", says("success", statusCode="201"), "a.success.statusCode"),
    ("upload/success", says("complete", data=None), "a.complete"),
    ("upload/progress", says("heard:p", progress=101), "a.heard:p.*.progress"),
    ("upload/success", swaps, "a"),
    ("upload/success", loses, "a"),
    ("upload/own-objects", repeats, "a"),
    ("upload/returned", forgets, "a.returned.members"),
    ("upload/form", sends(text="x"), "wire:/upload.fields"),
    ("upload/own-objects", sends(name="x"), "wire:/upload.parts.0.name"),
    ("upload/own-objects", sends(sha256="x"), "wire:/upload.parts.0.sha256"),
    (
        "upload/own-objects",
        lambda one: one["uploads"][0]["headers"].append(["X-New", "1"]),
        "wire:/upload.headers.x-new",
    ),
    (
        "options/header",
        lambda one: one["uploads"][0]["headers"].remove(["X-Token", "abc"]),
        "wire:/upload.headers.x-token",
    ),
    (
        "upload/own-objects",
        lambda one: one["uploads"][0].update(error="cut"),
        "wire:/upload.whole",
    ),
    ("upload/own-objects", lambda one: one["uploads"].clear(), "wire"),
    ("upload/own-objects", lambda one: one["uploads"].extend(one["uploads"]), "wire"),
)


def test_bare_transcripts_agree_too(told: dict[str, dict[str, Any]], tmp_path: Path) -> None:
    """One a line, as `schemas/transcript.json` has them."""
    file = tmp_path / "bare.jsonl"
    file.write_text("\n\n".join(json.dumps(each) for each in told.values()))
    found = compared(file, load(SOME))
    assert [] == differing(found)
    assert len(told) == len(found)


@pytest.mark.parametrize(("case", "change", "place"), ALTERED)
def test_an_altered_transcript_is_caught(
    told: dict[str, dict[str, Any]], case: str, change: Change, place: str, tmp_path: Path
) -> None:
    """A text, a type, an order, a callback more or less, a member, a field, a header, a request."""
    assert place in {where for _, where, _, _ in altered(told, case, change, tmp_path)}


@pytest.mark.parametrize(
    ("change", "place"), [(loses, "a"), (lambda one: one["uploads"].clear(), "wire")]
)
def test_what_only_one_side_has_is_told_once(
    told: dict[str, dict[str, Any]], change: Change, place: str, tmp_path: Path
) -> None:
    """By the list of events or of requests, and not again for each value in it."""
    found = altered(told, "upload/returned", change, tmp_path)
    assert [place] == [where for _, where, _, _ in found]


@pytest.mark.parametrize(
    "change",
    [
        lambda one: [each.update(at=each["at"] + 1000) for each in one["events"]],
        lambda one: both(one, "profile", rtt=77, socketReused=True),
        lambda one: both(one, "header", Date="another day"),
        lambda one: one["uploads"][0].update(size=1, number=99),
    ],
)
def test_what_is_only_measured_may_differ(
    told: dict[str, dict[str, Any]], change: Change, tmp_path: Path
) -> None:
    """Times, sizes that a boundary decides, and whether a connection was there already."""
    assert [] == altered(told, "upload/success", change, tmp_path)


def test_a_measured_value_has_its_type(told: dict[str, dict[str, Any]], tmp_path: Path) -> None:
    """A time that is a text is none."""

    def change(one: dict[str, Any]) -> None:
        both(one, "profile", rtt="77")

    differs = altered(told, "upload/success", change, tmp_path)
    assert ("upload/success", "a.success.profile.rtt", "77", "number") in differs


@pytest.mark.parametrize(
    "change",
    [
        lambda one: [event(one, what)["value"].pop("header") for what in ("success", "complete")],
        lambda one: [
            event(one, what)["value"].update(header=None) for what in ("success", "complete")
        ],
    ],
)
def test_an_object_that_one_side_lacks_is_told_once(
    told: dict[str, dict[str, Any]], change: Change, tmp_path: Path
) -> None:
    """With what is in it, and not key by key; the other way round as well."""
    differs = altered(told, "task/off-progress", change, tmp_path)
    places = [f"a.{what}.header" for what in ("success", "complete")]
    assert places == [place for _, place, _, _ in differs]
    assert [None, None] == [recorded for _, _, recorded, _ in differs]
    shown = [emulated for _, _, _, emulated in differs]
    assert all(headers["Content-Type"].startswith("application/json") for headers in shown)


def test_an_object_of_the_device_alone_is_told_once(
    told: dict[str, dict[str, Any]], tmp_path: Path
) -> None:
    """All that is in it is what was recorded."""

    def change(one: dict[str, Any]) -> None:
        event(one, "success")["value"].update(more={"a": 1, "b": {"c": [2, 3]}})

    case = "task/off-progress"
    [differs] = altered(told, case, change, tmp_path)
    assert (case, "a.success.more", {"a": 1, "b.c.0": 2, "b.c.1": 3}, None) == differs


def test_a_finding_is_ready_to_become_a_fact(
    told: dict[str, dict[str, Any]], tmp_path: Path
) -> None:
    """It names the entry, the value and a source with the status `recorded`."""
    one = json.loads(json.dumps(told["upload/success"]))
    one.update(device={"brand": "Acme", "model": "X", "system": "Android 14", "SDKVersion": "3.1"})
    one.update(date="2026-11-26")
    event(one, "success")["value"].update(statusCode="201")
    file = tmp_path / "one.jsonl"
    file.write_text(json.dumps(one))
    found = findings(compared(file, load(["upload/success"])))
    [differs] = [each for each in found if each.entries == ("status_code",)]
    source = {
        "status": "recorded",
        "address": "Acme, X, Android 14, 3.1",
        "date": "2026-11-26",
        "note": "seen at a.success.statusCode in upload/success",
    }
    told_as_data = differs.to_json()
    assert (False, "201", 201, 201, source) == tuple(
        told_as_data[key] for key in ("agrees", "recorded", "emulated", "expected", "source")
    )
    assert "reported" == told_as_data["known"]["status"]
    [agrees] = [each for each in found if each.that == "data is the body as text"]
    assert (True, '{"id":1}', None) == (agrees.agrees, agrees.recorded, agrees.expected)


def test_a_wait_in_vain_and_an_error_are_told(
    told: dict[str, dict[str, Any]], tmp_path: Path
) -> None:
    """A case that was not played to its end fails, whatever else it has shown."""
    one = json.loads(json.dumps(told["upload/success"]))
    one["error"] = "no such thing"
    one["events"].append({"call": "", "what": "gave up", "value": {"step": 2}, "at": 1})
    file = tmp_path / "one.jsonl"
    file.write_text(json.dumps(one))
    [found] = compared(file, load(["upload/success"]))
    assert ("failed", "no such thing") == (found.verdict.outcome, found.verdict.error)
    [vain] = [each for each in found.findings if each.that == "step 2 goes on in time"]
    assert "seen in upload/success" == vain.source["note"]


def test_a_transcript_of_another_target_is_not_judged_there(
    told: dict[str, dict[str, Any]], tmp_path: Path
) -> None:
    """The reason is told as for every case."""
    [case] = load(["options/required[url]"])
    elsewhere = dataclasses.replace(case, only=("my",))
    file = tmp_path / "one.jsonl"
    file.write_text(json.dumps(told[case.id]))
    [found] = compare(read_recordings(file), {case.id: elsewhere}, {"wx": Place("wx")})
    assert found.verdict.skip is not None
    assert "elsewhere" == found.verdict.skip.why


# --- files that are none


EMPTY: dict[str, Any] = {"events": [], "uploads": []}
TRANSCRIPT = {"v": 1, "case": "a", "target": "wx", "engine": "probe", **EMPTY}
REQUEST: dict[str, Any] = {"method": "POST", "headers": [], "parts": [], "error": None}
PIECE = {**REQUEST, "text": json.dumps(TRANSCRIPT)}


def piece(path: str, **parts: object) -> str:
    """Return a line of a sink."""
    return json.dumps({**PIECE, "path": path, **parts})


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "it holds no transcript: a sink prints them while a probe runs"),
        (json.dumps(TRANSCRIPT)[:-9], "line 1 is no JSON, as of a file that was cut off: "),
        ("\n[1]", "line 2 is neither a transcript nor a request to a sink"),
        ('{"a": 1}', "line 1 is neither a transcript nor a request to a sink"),
        (json.dumps({**TRANSCRIPT, "v": 2}), "a transcript of version 2 cannot be read here"),
        (json.dumps({"v": 1}), "this is no transcript: $ 'case' is a required property"),
        (json.dumps({**TRANSCRIPT, "events": [{}]}), "this is no transcript: $.events[0] "),
        (
            json.dumps({**TRANSCRIPT, "uploads": [{"path": "/"}]}),
            "this is no transcript: an upload lacks error, headers, method, parts, text",
        ),
        (piece("/upload"), "it holds no transcript"),
        (piece("/transcript/r/0/1/2"), "of transcript 0 of run r a piece is missing"),
        (piece("/transcript/r/0/2/2"), "of transcript 0 of run r a piece is missing"),
        (piece("/transcript/r/0/1/1", text="{"), "transcript 0 is no JSON"),
        (piece("/transcript/r/0/1/1", text=None), "transcript 0 is no JSON"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused(tmp_path: Path, text: str, told: str) -> None:
    """Cut off, foreign, of a later version: one sentence says which."""
    (tmp_path / "seen.jsonl").write_text(text)
    with pytest.raises(BridgeError) as refused:
        read_recordings(tmp_path / "seen.jsonl")
    assert str(refused.value).startswith(f"seen.jsonl: {told}")


@pytest.mark.parametrize("content", [None, b"\xff\xfe"])
def test_a_file_that_is_no_text_is_refused(tmp_path: Path, content: bytes | None) -> None:
    """Absent or binary."""
    if content is not None:
        (tmp_path / "seen.jsonl").write_bytes(content)
    with pytest.raises(BridgeError, match=r"cannot read the transcripts '.*seen\.jsonl'"):
        read_recordings(tmp_path / "seen.jsonl")


def test_a_transcript_of_an_unknown_case_is_refused(tmp_path: Path) -> None:
    """There is nothing to judge it by."""
    (tmp_path / "seen.jsonl").write_text(json.dumps(TRANSCRIPT))
    with pytest.raises(BridgeError, match="there is no case 'a' to judge a transcript by"):
        compared(tmp_path / "seen.jsonl", load(["upload/success"]))


def test_a_device_that_says_nothing_is_called_by_its_engine(tmp_path: Path) -> None:
    """A source needs some address."""
    (tmp_path / "seen.jsonl").write_text(json.dumps(TRANSCRIPT))
    [one] = read_recordings(tmp_path / "seen.jsonl")
    assert "probe" == one.place
