"""Case files: what they unfold into, and how a wrong one is refused."""

from __future__ import annotations

import errno
import json
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import pytest

from bridge import BridgeError
from bridge.conformance import load, read, shipped
from bridge.facts import facts
from bridge.registry import everything

if TYPE_CHECKING:
    from collections.abc import Iterable

    from bridge.conformance import Case

HOLD = {"that": "it ends", "of": "a.success", "absent": False}
CASE: dict[str, Any] = {
    "id": "mine",
    "title": "A title",
    "steps": [{"call": "uploadFile", "as": "a", "options": {"$usual": True}}],
    "holds": [HOLD],
}
SHIPPED = sorted(
    entry.name for entry in (resources.files("bridge.conformance") / "cases").iterdir()
)


def refusal(case: object) -> str:
    """Return what is said of a wrong file."""
    with pytest.raises(BridgeError) as error:
        read(json.dumps(case), "mine.json")
    return str(error.value)


def with_step(**step: object) -> dict[str, Any]:
    """Return the case with one more step."""
    return {**CASE, "steps": [*CASE["steps"], step]}


def with_hold(**hold: object) -> dict[str, Any]:
    """Return the case with another expectation."""
    return {**CASE, "holds": [{"that": "it ends", "of": "a.success", **hold}]}


def with_row(**row: object) -> dict[str, Any]:
    """Return the case with one row."""
    return {**CASE, "each": [{"row": "one", **row}]}


# --- what is refused


@pytest.mark.parametrize(
    ("case", "said"),
    [
        ({**CASE, "extra": 1}, "case 'mine': Additional properties are not allowed ('extra'"),
        ({"id": "mine"}, "case 'mine': 'title' is a required property"),
        ([CASE, 5], "entry 2: 5 is not of type 'object'"),
        ({**CASE, "steps": [{"call": 5}]}, "case 'mine': steps[0].call: 5 is not of type 'string'"),
        (with_hold(type="String", cites=[]), "holds[0].type"),
        (with_hold(), "'it ends' checks nothing"),
        ({**CASE, "holds": [HOLD, HOLD]}, "there is more than one expectation 'it ends'"),
        (with_step(call="a", get="b"), "step 2: it has exactly one of"),
        (with_step(), "step 2: it has exactly one of"),
        (with_step(wait="settled", args=[]), "step 2: 'args' belongs to get"),
        (with_step(call="x", over=["a"]), "step 2: 'over' belongs to get"),
        (with_step(read=["a", "b"]), "step 2: where several members are read, 'as' names them"),
        (with_step(read=[], **{"as": "b"}), "steps[1].read"),
        (with_step(do="abort", on="b"), "step 2: unknown earlier step 'b' (known: a)"),
        (with_step(wait={"settled": "b"}), "step 2: unknown earlier step 'b'"),
        (with_step(wait={"event": "b.success"}), "step 2: unknown earlier step 'b'"),
        (with_step(wait={"percent": 1, "of": "b"}), "step 2: unknown earlier step 'b'"),
        (with_step(get="x", args=[{"$from": "b.success"}]), "step 2: unknown earlier step 'b'"),
        (with_step(get="x", args=[{"$given": "b.png"}]), "unknown given file 'b.png'"),
        (with_step(intercept="*", removes="a"), "step 2: unknown interceptor 'a'"),
        (with_step(intercept="*"), "step 2: it has 'hooks' that 'as' names, or 'removes' some"),
        (with_step(intercept="*", hooks={"invoke": {}}), "step 2: it has 'hooks' that 'as' names"),
        (with_step(call="x", removes="*"), "step 2: 'removes' belongs to intercept"),
        (with_step(call="uploadFile", **{"as": "a"}), "more than one step called 'a'"),
        (with_hold(of="b.success", absent=True), "unknown call 'b'"),
        (with_hold(of="a.sucess", absent=True), "unknown event 'sucess'; did you mean 'success'?"),
        (with_hold(of="a.heard:p", absent=True), "unknown event 'heard:p'"),
        (with_hold(before="a.sucess"), "unknown event 'sucess'"),
        (with_hold(took={"since": "a.sucess"}), "unknown event 'sucess'"),
        (with_hold(same={"of": "a.sucess"}), "unknown event 'sucess'"),
        (with_hold(matches="("), "'it ends': '(' is no regular expression"),
        (with_hold(matches={"$by": {"wx": "("}}), "'it ends': '(' is no regular expression"),
        (with_hold(absent=True, source="page"), "unknown source 'page'"),
        (
            with_hold(absent=True, source={"status": "inferred", "address": "x"}),
            "a source that is 'inferred' needs a note",
        ),
        ({**CASE, "needs": ["membr:abort"]}, "unknown kind of need 'membr'; did you mean"),
        ({**CASE, "needs": ["reason:TIMEUT"]}, "unknown reason 'TIMEUT'; did you mean 'TIMEOUT'?"),
        ({**CASE, "given": {"virtual": {"fails": "X"}}}, "unknown reason 'X'"),
        ({**CASE, "only": ["wx:devtool"]}, "unknown host 'wx:devtool'; did you mean"),
        ({**CASE, "only": ["unii/wx"]}, "unknown layer 'unii'; did you mean 'uni'?"),
        (with_hold(**{"is": {"$by": {"my:ied": 1}}}), "unknown host 'my:ied'"),
        (with_hold(**{"is": {"$row": "text"}}), "$row stands for a value of a row"),
        ({**with_row(), "title": {"$row": "text"}}, "title: {'$row': 'text'} is not of type"),
        (
            {
                **with_hold(**{"is": {"$row": "txt"}}),
                "each": [{"row": "one", "values": {"text": 1}}],
            },
            "row 'one': unknown value 'txt'; did you mean 'text'?",
        ),
        (
            {
                **with_hold(rising={"$row": "how"}),
                "each": [{"row": "one", "values": {"how": "fast"}}],
            },
            "row 'one': holds[0].rising: 'fast' is not",
        ),
        ({**CASE, "each": [{"row": "x"}, {"row": "x"}]}, "two rows have one name"),
    ],
)
def test_a_wrong_case_is_refused_with_its_place(case: object, said: str) -> None:
    """The sentence names the file, the case and what is wrong, and the nearest right word."""
    told = refusal(case)
    assert told.startswith("mine.json: ")
    assert said in told


def test_a_file_that_is_no_json_is_refused() -> None:
    """The sentence names the file and the place."""
    with pytest.raises(BridgeError, match=r"^mine\.json is no JSON: .*line 1"):
        read("{", "mine.json")


def test_a_file_that_cannot_be_read_is_refused(tmp_path: Path) -> None:
    """A path that leads nowhere is the caller's mistake."""
    with pytest.raises(BridgeError, match=r"cannot read the case file .*nowhere\.json"):
        load([str(tmp_path / "nowhere.json")])


def test_a_file_of_a_folder_that_is_no_text_is_refused(tmp_path: Path) -> None:
    """As it is when it is named itself."""
    (tmp_path / "mine.json").write_bytes(b"\xff\xfe")
    with pytest.raises(BridgeError, match=r"cannot read the case file .*/mine\.json"):
        load([str(tmp_path)])


def test_a_folder_that_may_not_be_read_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As a file is."""

    def refuse(_: Path) -> NoReturn:
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(Path, "iterdir", refuse)
    with pytest.raises(BridgeError, match=r"cannot read the cases of '.*': Permission denied$"):
        load([str(tmp_path)])


def test_a_folder_without_cases_is_refused(tmp_path: Path) -> None:
    """A folder that holds none would pass without a word."""
    with pytest.raises(BridgeError, match="there is no case file in"):
        load([str(tmp_path)])


def test_two_files_cannot_have_one_case(tmp_path: Path) -> None:
    """Ids are unique over all files that are asked for."""
    for name in ("a.json", "b.json"):
        (tmp_path / name).write_text(json.dumps(CASE))
    with pytest.raises(BridgeError, match=r"b\.json both have a case 'mine'"):
        load([str(tmp_path)])


def test_a_word_that_names_no_case_is_refused() -> None:
    """The nearest id is offered, and the patterns that take all: hundreds of ids help nobody."""
    with pytest.raises(BridgeError, match="unknown case 'upload/sucess'; did you mean") as refused:
        load(["upload/sucess"])
    assert "'upload/*'" in str(refused.value)
    assert len(str(refused.value)) < 400


def test_a_folder_of_cases_without_its_star_is_told_its_pattern() -> None:
    """`request` is close to no single case; all of them are meant."""
    with pytest.raises(BridgeError, match=r"unknown case 'request'; did you mean 'request/\*'\?"):
        load(["request"])


# --- what is read


def test_a_row_makes_a_case_of_its_own() -> None:
    """Its values are filled in; needs and facts are added, targets and source replaced."""
    source = {"status": "documented", "address": "here"}
    raw = {
        **with_hold(**{"is": {"$row": "text"}}),
        "needs": ["domains"],
        "cites": ["limit"],
        "only": ["my"],
        "sources": {"there": {"status": "documented", "address": "there"}},
        "source": "there",
        "each": [
            {"row": "one", "values": {"text": "x"}},
            {
                "row": "two",
                "values": {"text": [1]},
                "needs": ["limit"],
                "cites": ["overflow"],
                "only": ["wx"],
                "source": source,
            },
        ],
    }
    one, two = read(json.dumps(raw), "mine.json")
    assert ("mine[one]", "mine[two]") == (one.id, two.id)
    assert ({"is": "x"}, {"is": [1]}) == (one.holds[0].checks, two.holds[0].checks)
    assert (("domains",), ("domains", "limit")) == (one.needs, two.needs)
    assert (("limit",), ("limit", "overflow")) == (one.holds[0].cites, two.holds[0].cites)
    assert (("my",), ("wx",)) == (one.only, two.only)
    assert ("there", "here") == (one.holds[0].source["address"], two.holds[0].source["address"])  # type: ignore[index]


def test_usual_options_are_written_out() -> None:
    """What stands beside `$usual` wins, and an absent option is taken away."""
    options = {"$usual": True, "name": "f", "fileType": {"$absent": True}, "timeout": 5}
    raw = {
        **CASE,
        "given": {"files": {"b.png": {}, "c.png": {}}},
        "steps": [{"call": "uploadFile", "as": "a", "options": options}],
    }
    [case] = read(json.dumps(raw), "mine.json")
    expected = {"url": {"$sink": "/upload"}, "filePath": {"$given": "b.png"}, "name": "f"}
    assert expected | {"timeout": 5} == case.steps[0]["options"]


def test_a_source_may_be_named_by_target() -> None:
    """A table of names becomes a table of sources."""
    source = {"status": "documented", "address": "here"}
    raw = {**with_hold(absent=True, source={"$by": {"wx": "page"}}), "sources": {"page": source}}
    [case] = read(json.dumps(raw), "mine.json")
    assert {"$by": {"wx": source}} == case.holds[0].source


def test_cases_are_asked_for_by_id_row_and_pattern() -> None:
    """An id means all its rows, `id[row]` one of them; what is asked for twice comes once."""
    every = [case.id for case in shipped()]
    rows = [name for name in every if name.startswith("options/required[")]
    assert rows == [case.id for case in load(["options/required"])]
    assert rows[:1] == [case.id for case in load([rows[0], rows[0]])]
    uploads = [name for name in every if name.startswith("upload/")]
    assert uploads == [case.id for case in load(["upload/*"])]
    assert every == [case.id for case in load()]


def test_a_folder_is_read_with_the_folders_in_it(tmp_path: Path) -> None:
    """Every JSON file counts, whatever its folder; other files do not."""
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "a.json").write_text(json.dumps([CASE, {**CASE, "id": "other"}]))
    (tmp_path / "notes.txt").write_text("no case")
    assert ["mine", "other"] == [case.id for case in load([str(tmp_path)])]


# --- the cases that come with the package


@pytest.mark.parametrize("name", SHIPPED)
def test_a_case_file_of_ours_obeys_the_schema(name: str) -> None:
    """`minibridge check` relies on it, and does not look again."""
    file = resources.files("bridge.conformance") / "cases" / name
    cases = read(file.read_text(encoding="utf-8"), name)
    assert [] != cases
    areas = {case.id.partition("/")[0] for case in cases}
    assert [True] == [name.startswith(area) for area in areas]


def unknown_cites(cases: Iterable[Case]) -> list[str]:
    """Return the facts that cases cite and no platform has, each as `case: entry`."""
    known = {fact.entry for platform in everything() for fact in facts(platform)}
    cited = ((case.id, entry) for case in cases for hold in case.holds for entry in hold.cites)
    return list(dict.fromkeys(f"{name}: {entry}" for name, entry in cited if entry not in known))


def test_ours_cite_facts_that_exist() -> None:
    """A fact that no platform has would never count as proved."""
    assert [] == unknown_cites(shipped())


def test_an_unknown_fact_is_noticed() -> None:
    """The check above can fail."""
    cases = read(json.dumps(with_hold(absent=True, cites=["limit", "limt"])), "mine.json")
    assert ["mine: limt"] == unknown_cites(cases)
