"""A plan file: what it says, and what is said of one that is wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bridge import BridgeError
from bridge.logic.engine import MissingEngineError
from bridge.sweep.reading import read
from bridge.target import all_names

if TYPE_CHECKING:
    from tests.sweep.folders import Folder

ONE = '[scenarios]\ncalls = ["file.json"]\n'


def test_a_plan_of_scenarios_alone_is_swept_on_wechat_once(folder: Folder) -> None:
    """Everything else has a default."""
    plan = read(folder.plan(ONE))
    assert (("wx",), ["none"], [0], ["file.json"]) == (
        plan.targets,
        [one.name for one in plan.conditions],
        list(plan.seeds),
        [item.name for item in plan.items],
    )
    assert 1 == len(plan)


def test_a_plan_is_the_product_of_all_it_names(folder: Folder) -> None:
    """Seeds change fastest, scenarios slowest."""
    text = 'targets = ["wx", "my"]\nconditions = ["none", "offline"]\nseeds = [7, 9]\n'
    plan = read(folder.plan(text + '[scenarios]\ncalls = ["file.json"]\nscripts = ["logic.js"]\n'))
    found = [plan.scenario(number) for number in range(len(plan))]
    points = [(s.item.name, s.target, s.condition.name, s.seed) for s in found]
    assert 16 == len(plan)
    assert list(range(16)) == [scenario.number for scenario in found]
    assert [
        ("file.json", "wx", "none", 7),
        ("file.json", "wx", "none", 9),
        ("file.json", "wx", "offline", 7),
        ("file.json", "wx", "offline", 9),
        ("file.json", "my", "none", 7),
    ] == points[:5]
    assert ("logic.js", "my", "offline", 9) == points[-1]
    assert 16 == len(set(points))


def test_all_means_every_target(folder: Folder) -> None:
    """A target that is named besides counts once, also under another name of it."""
    plan = read(folder.plan(f'targets = ["all", "wx:device"]\n{ONE}'))
    assert tuple(all_names()) == plan.targets


def test_a_list_of_versions_is_for_every_target(folder: Folder) -> None:
    """`newest` is the target without a version."""
    plan = read(folder.plan(f'targets = ["wx", "my"]\nversions = ["newest", "2.9.0"]\n{ONE}'))
    assert ("wx", "wx@2.9.0", "my", "my@2.9.0") == plan.targets


def test_versions_are_given_by_target(folder: Folder) -> None:
    """The closest word counts; a target that has a version keeps it."""
    plan = read(
        folder.plan(
            f'targets = ["wx", "uni/wx", "my", "wx@3.0.0"]\n{ONE}'
            '[versions]\nwx = ["2.9.0"]\n"uni/wx" = ["newest", "3.8.10"]\n'
        )
    )
    assert ("wx@2.9.0", "uni/wx", "uni/wx@3.8.10", "my", "wx@3.0.0") == plan.targets


def test_conditions_may_have_names(folder: Folder) -> None:
    """A list names each after itself."""
    listed = read(folder.plan(f'conditions = ["offline", "refuse"]\n{ONE}'))
    named = read(folder.plan(f'{ONE}[conditions]\ntunnel = "stall_after:40%"\n'))
    assert ["offline", "refuse"] == [one.name for one in listed.conditions]
    assert [("tunnel", "stall_after:40%")] == [(one.name, one.text) for one in named.conditions]


def test_a_million_seeds_take_no_room(folder: Folder) -> None:
    """The product is never unfolded."""
    plan = read(folder.plan(f"seeds = 1_000_000_000\n{ONE}"))
    assert 999_999_999 == plan.scenario(999_999_999).seed
    assert 64 == len(plan.digest)


def test_cases_are_asked_for_as_by_check(folder: Folder) -> None:
    """Ids, patterns, files and folders; each case once."""
    plan = read(
        folder.plan('[scenarios]\ncases = ["upload/form", "upload/progress", "upload/prog*"]\n')
    )
    names = [item.name for item in plan.items]
    assert ["upload/form", "upload/progress", "upload/progress-rounding"] == names


def test_case_files_lie_beside_the_plan(folder: Folder) -> None:
    """A word that ends in .json or names a folder is a path."""
    (folder.path / "cases").mkdir()
    (folder.path / "cases/own.json").write_text(
        '{"id": "own/case", "title": "It is.", "steps": [{"call": "request"}], "holds": '
        '[{"that": "it is", "of": "request.success", "path": "statusCode", "is": 200}]}'
    )
    for word in ("cases", "cases/own.json"):
        plan = read(folder.plan(f'[scenarios]\ncases = ["{word}"]\n'))
        assert ["own/case"] == [item.name for item in plan.items]


def test_a_logic_file_belongs_to_the_nearest_package(folder: Folder) -> None:
    """Which is the folder that has an `app.json`, else the file's own."""
    inner = folder.path / "app/pages"
    inner.mkdir(parents=True)
    (inner / "one.js").touch()
    (folder.path / "app/app.json").write_text("{}")
    plan = read(folder.plan('[scenarios]\nscripts = ["app/pages/one.js", "logic.js"]\n'))
    roots = [item.what.root for item in plan.items]  # type: ignore[union-attr]
    assert [folder.path / "app", folder.path] == roots


def test_how_scenarios_are_played_can_be_said(folder: Folder) -> None:
    """Engine, transport, deadline, how many at once, and origins to answer for."""
    how = read(
        folder.plan(
            'engine = "quickjs"\ntransport = "memory"\ndeadline = 2.5\nat_once = 8\n'
            'routes = ["https://api.example.com"]\n[scenarios]\nscripts = ["logic.js"]\n'
        )
    ).how
    assert ("quickjs", "quickjs", "memory") == (how.case_engine, how.script_engine, how.transport)
    assert (2.5, 8, ("https://api.example.com",)) == (how.deadline, how.at_once, how.routes)


def test_auto_is_settled_when_the_plan_is_read(folder: Folder) -> None:
    """So that it means the same on every worker."""
    how = read(folder.plan('[scenarios]\nscripts = ["logic.js"]\n')).how
    assert ("python", "node") == (how.case_engine, how.script_engine)


WRONG = {
    "target = 1": "unknown key 'target'; did you mean 'targets'?",
    'targets = "wx"': "targets is a list of texts, not 'wx'",
    "targets = []": "targets is empty, so there is nothing to sweep",
    'targets = ["wxx"]': "unknown platform 'wxx'; did you mean 'wx'?",
    'versions = ["two"]': "bad version in target 'wx@two'",
    "versions = []": r"versions of '\*' is empty",
    'targets = ["wx@2.9.0"]\nversions = ["3.0.0"]': r"no target of the plan is called '\*'",
    'versions.my = ["10.2.0"]': "versions: no target of the plan is called 'my'",
    'versions.wx = "2.9.0"': "versions of 'wx' is a list of texts, not '2.9.0'",
    'conditions = "offline"': "conditions is a list of texts, or a table of texts by name",
    "conditions = [7]": "conditions is a list of texts, not \\[7\\]",
    "[conditions]": "conditions is empty, so there is nothing to sweep; leave it at",
    "conditions = []": "conditions is empty, so there is nothing to sweep",
    'conditions = ["ofline"]': "condition 'ofline': 'ofline' is no network condition; did you mean",
    "conditions.bad = 7": "condition 'bad' is a text, not 7",
    "seeds = 0": "seeds leaves none, so there is nothing to sweep",
    "seeds = []": "seeds leaves none",
    "seeds = 1_000_000_001": "more than 1,000,000,000 scenarios: divide the seeds",
    "seeds = 99999999999999999999": "more than 1,000,000,000 scenarios",
    "seeds = -1": "seeds is how many, or a list of numbers from 0, not -1",
    "seeds = [true]": "seeds is how many, or a list of numbers from 0",
    'engine = "rhino"': "engine is auto or python or node or quickjs, not 'rhino'",
    'transport = "pigeon"': "transport is sockets or memory, not 'pigeon'",
    "deadline = 0": "deadline is a number of seconds, not 0",
    "deadline = true": "deadline is a number of seconds, not True",
    "at_once = 0": "at_once is how many scenarios, from 1, not 0",
    'routes = ["api.example.com"]': "'api.example.com' is not an origin",
}
WRONG_SCENARIOS = {
    "": "scenarios names none: it takes lists of cases, calls, scripts",
    "scenarios = 7": "scenarios is a table, not 7",
    'scenarios.case = ["upload/form"]': "unknown kind of scenario 'case'; did you mean 'cases'?",
    'scenarios.cases = ["upload/frm"]': "unknown case 'upload/frm'; did you mean 'upload/form'?",
    'scenarios.calls = ["nothing.json"]': "there is no file '.*nothing.json'",
    'scenarios.calls = ["logic.js"]': "'logic.js' is a logic file: list it under scripts",
    'scenarios.calls = ["picture.png"]': "neither a .json file with a call nor a .js file",
    'scenarios.scripts = ["file.json"]': "'file.json' is a call: list it under calls",
    'engine = "python"\nscenarios.scripts = ["logic.js"]': "engine = 'python' runs no scripts",
    "scenarios.calls = []": "calls is empty, so there is nothing to sweep",
}


@pytest.mark.parametrize(
    ("text", "told"),
    [*((f"{text}\n{ONE}", told) for text, told in WRONG.items()), *WRONG_SCENARIOS.items()],
)
def test_what_is_wrong_with_a_plan_is_told_in_a_sentence(
    folder: Folder, text: str, told: str
) -> None:
    """It begins with the name of the file."""
    with pytest.raises(BridgeError, match=told) as error:
        read(folder.plan(text))
    assert str(error.value).startswith("plan.toml: ")


def test_a_file_that_is_no_plan_is_told(folder: Folder) -> None:
    """Neither is a file that is not there."""
    with pytest.raises(BridgeError, match=r"plan\.toml is no TOML: .*end of document"):
        read(folder.plan("targets"))
    with pytest.raises(BridgeError, match=r"cannot read the plan '.*none\.toml': No such file"):
        read(folder.path / "none.toml")


def test_a_missing_engine_is_told_as_such(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    """The command has an exit status of its own for it."""
    monkeypatch.setenv("PATH", "")
    monkeypatch.setattr("bridge.logic.engine.util.find_spec", lambda _: None)
    path = folder.plan('engine = "node"\n[scenarios]\nscripts = ["logic.js"]\n')
    with pytest.raises(MissingEngineError, match=r"plan\.toml: no JavaScript engine"):
        read(path)
