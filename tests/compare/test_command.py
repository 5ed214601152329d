"""`minibridge compare`: its three forms, its flags, its exit status."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from bridge.target import all_names
from tests.compare.finding import SEED

if TYPE_CHECKING:
    from pathlib import Path

    from tests.compare.conftest import Command, Write


@pytest.fixture
def call(write: Write, picture: Path) -> Path:
    """Provide the seeds' call as a file."""
    return write({**SEED, "filePath": picture.name})


def test_the_text_is_plain_on_a_pipe(command: Command, call: Path) -> None:
    """What differs, on whom and why, without a colour and within 80 columns; exit status 0."""
    status, out, err = command(call, "--on", "my:ide,my,tt:feishu")
    assert (0, "") == (status, err)
    assert out.startswith("uploadFile on my:ide, my, tt:feishu: ")
    assert "status_code: string [1]" in out
    assert "\x1b" not in out


def test_every_target_is_compared_unless_some_are_named(command: Command, call: Path) -> None:
    """`all` is the usual meaning."""
    status, out, _ = command(call, "--json")
    assert 0 == status
    assert list(all_names()) == json.loads(out)["targets"]


def test_colours_can_be_had_and_refused(
    command: Command, call: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """FORCE_COLOR colours; `--no-color` and NO_COLOR win over it."""
    monkeypatch.setenv("FORCE_COLOR", "1")
    coloured = command(call, "--on", "my,wx")[1]
    assert "\x1b[1muploadFile on my, wx" in coloured
    plain = command(call, "--on", "my,wx", "--no-color")[1]
    assert "\x1b" not in plain
    monkeypatch.setenv("NO_COLOR", "1")
    assert plain == command(call, "--on", "my,wx")[1]


@pytest.mark.parametrize("flags", [["--json"], ["--format", "json"]])
def test_json_is_all_there_is_on_stdout(command: Command, call: Path, flags: list[str]) -> None:
    """Either way of asking for it gives the documented shape."""
    status, out, err = command(call, "--on", "my:ide,my", *flags)
    document = json.loads(out)
    assert (0, "", 1) == (status, err, document["v"])
    fields = [one["field"] for one in document["differences"]]
    assert "success.statusCode" in fields


def test_markdown_can_be_pasted(command: Command, call: Path) -> None:
    """One table and its sources."""
    status, out, _ = command(call, "--on", "my:ide,my", "--format", "markdown")
    assert 0 == status
    assert out.startswith("## uploadFile on my:ide, my: ")
    assert "| Where | Value | On | Because |" in out


def test_set_is_another_reading_on_every_target(command: Command, call: Path) -> None:
    """It is said once, and names stay plain."""
    _, out, _ = command(call, "--on", "my,my:ide", "--set", "status_code=number")
    assert "set on all: status_code=number\n" in out
    assert "\n  statusCode\n" not in out
    assert "[status_code" not in out


def test_another_api_can_be_named(command: Command, write: Write) -> None:
    """Bare options are then a call of that."""
    status, out, _ = command(write({}), "--api", "getNetworkType", "--on", "wx,my")
    assert 0 == status
    assert out.startswith("getNetworkType on wx, my: ")
    assert '"WIFI"' in out


def test_a_logic_file_is_run_on_each_target(command: Command, tmp_path: Path) -> None:
    """With the flags of `run`."""
    file = tmp_path / "logic.js"
    file.write_text(
        "const host = typeof wx === 'undefined' ? my : wx;"
        "host.request({ url: 'https://api.example.com', success: (r) => console.log(r.status) })"
    )
    flags = ("--on", "wx,my", "--route", "https://api.example.com", "--engine", "quickjs")
    status, out, err = command(file, *flags)
    assert (0, "") == (status, err)
    assert out.startswith("logic.js on wx, my: ")
    assert "log: undefined" in out
    assert "log: 200" in out


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        (["--on", "wx"], "a comparison needs two targets; given: wx"),
        (["--on", "wx,mywx"], "unknown platform 'mywx'"),
        (["--on", "wx,my", "--set", "no=1"], "unknown profile field 'no'"),
        (["--on", "wx,my", "--api", "nothing"], "there is no API 'nothing'"),
        (["--format", "html"], "invalid choice: 'html'"),
        (["--route", "a.example.com"], "'a.example.com' is not an origin"),
    ],
)
def test_a_slip_is_told_in_one_line(
    command: Command, call: Path, flags: list[str], said: str
) -> None:
    """Usage errors end with 2, whatever is wrong."""
    status, out, err = command(call, *flags)
    assert (2, "") == (status, out)
    assert said in err
    assert 1 == err.count("\n")


def test_a_call_that_cannot_be_read_is_told_in_one_line(command: Command, tmp_path: Path) -> None:
    """A missing file, and one that is no JSON."""
    assert 2 == command(tmp_path / "nowhere.json")[0]
    broken = tmp_path / "broken.json"
    broken.write_text("{")
    status, _, err = command(broken)
    assert 2 == status
    assert "broken.json cannot be read as JSON" in err


def test_a_missing_engine_has_its_own_status(
    command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without Node on PATH the file cannot be run: 3, and how to get one."""
    file = tmp_path / "logic.js"
    file.touch()
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr("bridge.logic.engine.util.find_spec", lambda _: None)
    status, out, err = command(file, "--on", "wx,my", "--engine", "node")
    assert (3, "") == (status, out)
    assert "pip install" in err
