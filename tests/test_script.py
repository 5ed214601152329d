"""What the embedded server answers next: for all uploads, or by path."""

from __future__ import annotations

import pytest

from bridge import BridgeError
from bridge.answers import check_step
from bridge.script import MAX_BEGUN, Script


def statuses(script: Script, *paths: str) -> list[int | None]:
    """Return the status of the answer to each path in turn, None where the script has none."""
    steps = [script.next(path) for path in paths]
    return [None if step is None else step.status for step in steps]


def test_a_list_is_for_whatever_comes() -> None:
    """Each step serves as many uploads as it says, whatever their path."""
    script = Script([{"status": 201, "times": 2}, {"status": 202}])
    assert [201, 201, 202, None] == statuses(script, "/a", "/b", "/a", "/a")


def test_a_mapping_answers_by_the_beginning_of_a_path() -> None:
    """Each beginning has steps of its own; no other path takes any."""
    script = Script({"/a/": [{"status": 201}, {"status": 202}], "/b": [{"status": 203}]})
    assert [201, 203, 202, None] == statuses(script, "/a/1", "/b/1", "/a/2", "/a/3")
    assert [None] == statuses(script, "/c/a/")


def test_a_star_is_one_segment_and_each_reading_begins_anew() -> None:
    """So one script serves many runs that put a name of their own into the path."""
    script = Script({"/run/*/7/": [{"status": 201}, {"status": 202}]})
    assert [201, 201, 202] == statuses(script, "/run/x/7/up", "/run/y/7/up", "/run/x/7/up")
    assert [None, None] == statuses(script, "/run/x/y/7/up", "/run/x/8/up")


def test_what_is_added_is_for_other_paths() -> None:
    """A step that is added serves an upload that no path of the script takes."""
    script = Script({"/a": [{"status": 201}]})
    script.add(check_step({"status": 204}, "step"))
    assert [201, None, 204] == statuses(script, "/a", "/a", "/b")


def test_a_path_means_itself() -> None:
    """A dot is no wildcard, and neither is a star that is part of a segment."""
    script = Script({"/a.b": [{"status": 201}], "/c*": [{"status": 202}]})
    assert [None, None, 201, 202] == statuses(script, "/axb", "/cc", "/a.b", "/c*")


def test_so_many_readings_are_remembered() -> None:
    """The one that was begun first is forgotten, and would begin anew."""
    script = Script({"/*/": [{"status": 201}]})
    paths = [f"/{number}/" for number in range(MAX_BEGUN + 1)]
    assert [201] * len(paths) == statuses(script, *paths)
    assert [None, 201] == statuses(script, paths[-1], paths[0])


@pytest.mark.parametrize(
    ("raw", "told"),
    [
        ({"a": []}, "a path of a script begins with '/', not 'a'"),
        ({1: []}, "a path of a script begins with '/', not 1"),
        ({"/a": {}}, "/a: a script is a list of steps, not {}"),
        ({"/a": [{}, {"status": 1}]}, "/a: step 2: 'status' is"),
        ("x", "a script is a list of steps, or such lists by the beginning of a path, not 'x'"),
    ],
)
def test_a_wrong_script_is_refused_with_the_place(raw: object, told: str) -> None:
    """One sentence names the path and the step."""
    with pytest.raises(BridgeError) as refused:
        Script(raw)
    assert str(refused.value).startswith(told)
