"""`--network`: the conditions of a command, in the words of a script."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from bridge.cli import sessions

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Run  # type: ignore[import-not-found]

ASKING = """
wx.getNetworkType({ success: (told) => console.log(told.networkType) });
"""


def test_an_upload_meets_the_conditions_and_shows_them(run: Run, picture: Path) -> None:
    """The call fails in the host's words, and says what it met."""
    ran = run("upload", picture, "--on", "wx", "--network", "slow:up=900kB,offline@40%")
    assert 1 == ran.status
    assert "network  slow (up 900000 B/s), offline" in ran.out
    assert "-106:net::ERR_INTERNET_DISCONNECTED" in ran.out


def test_the_record_holds_the_conditions(run: Run, picture: Path) -> None:
    """Every target gets them anew."""
    ran = run("upload", picture, "--on", "wx,my", "--network", "reset@10%", "--json")
    assert ["connection_reset"] * 2 == [record["outcome"]["reason"] for record in ran.json]
    ran = run("upload", picture, "--on", "wx,my", "--network", "background", "--json")
    assert [["background"]] * 2 == [record["conditions"] for record in ran.json]
    assert ["interrupted_background", None] == [r["outcome"]["reason"] for r in ran.json]


def test_a_word_that_is_no_condition_is_a_usage_error(run: Run, picture: Path) -> None:
    """One line says what there is."""
    ran = run("upload", picture, "--network", "ofline")
    assert 2 == ran.status
    assert "'ofline' is no network condition; did you mean 'offline'?" in ran.err


def test_a_logic_file_runs_on_such_a_network(run: Run, tmp_path: Path) -> None:
    """What the mini-program asks the phone agrees with it."""
    file = tmp_path / "ask.js"
    file.write_text(ASKING, encoding="utf-8")
    ran = run("run", file, "--engine", "quickjs", "--network", "3g")
    assert (0, "3g") == (ran.status, ran.out.split()[-1])


def test_targets_are_compared_on_such_a_network(run: Run, tmp_path: Path) -> None:
    """Each fails, and what differs is how."""
    call = tmp_path / "call.json"
    call.write_text(json.dumps({"url": "/x"}), encoding="utf-8")
    argv = ("compare", call, "--api", "request", "--on", "wx,my", "--network", "offline", "--json")
    ran = run(*argv)
    assert 0 == ran.status
    assert "ERR_INTERNET_DISCONNECTED" in ran.out


@pytest.mark.parametrize(("network", "met"), [("", ()), ("offline", ("offline",))])
async def test_a_session_begins_on_such_a_network(network: str, met: tuple[str, ...]) -> None:
    """What `serve` and `exec` open for a client."""
    async with sessions.opener("wx", [], network)("") as bridge:
        assert met == bridge.network.conditions
