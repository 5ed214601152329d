"""`minibridge doctor`: a sound installation, and the ways in which one is not."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from conftest import Ran, Run, Spawn  # type: ignore[import-not-found]


def finding(ran: Ran, name: str) -> dict[str, object]:
    """Return one finding of the JSON output."""
    return next(one for one in ran.json["findings"] if one["name"] == name)


def test_a_sound_installation_is_well(run: Run) -> None:
    """Versions, features, platforms and a real upload are all there, and the exit is 0."""
    ran = run("doctor")
    assert 0 == ran.status
    for word in (
        "python",
        "aiohttp",
        "jsonschema",
        "structlog",
        "rich (cli)",
        "sendfile",
        "intact",
    ):
        assert word in ran.out
    assert "all is well" == ran.out.splitlines()[-1]


def test_doctor_tells_json(run: Run) -> None:
    """`--json` prints the findings and whether they are well."""
    ran = run("doctor", "--json")
    assert ran.json["ok"] is True
    assert finding(ran, "upload")["told"].startswith("wx, 131,080 bytes")  # type: ignore[attr-defined]


def test_a_broken_platform_hides_no_other(spawn: Spawn, third_party: Callable[..., str]) -> None:
    """An entry point that cannot be loaded is named, and the other platforms are still listed."""
    path = third_party("acme = no_such_module:PROFILE")
    ran = spawn("doctor", "--json", PYTHONPATH=path)
    assert 1 == ran.status
    assert "no_such_module" in str(finding(ran, "acme")["told"])
    assert finding(ran, "wx")["ok"] is True
    assert finding(ran, "upload")["ok"] is True


@pytest.mark.parametrize(
    ("module", "told"),
    [
        ("PROFILE = 3", "acme_host:PROFILE is a int, not a Profile or a Layer"),
        ("from platforms.wechat import PHONE as PROFILE", "calls itself 'wx' but is registered"),
        ("raise SystemError('boom')", "cannot be loaded from acme_host:PROFILE: SystemError"),
    ],
)
def test_a_wrong_platform_is_told_by_what_is_wrong(
    spawn: Spawn, third_party: Callable[..., str], module: str, told: str
) -> None:
    """An entry point that leads to no platform of its name says what it leads to."""
    ran = spawn("doctor", "--json", PYTHONPATH=third_party("acme = acme_host:PROFILE", module))
    assert 1 == ran.status
    assert told in str(finding(ran, "acme")["told"])


def test_a_broken_platform_does_not_stop_the_list(
    spawn: Spawn, third_party: Callable[..., str]
) -> None:
    """`targets` lists what works and says what does not."""
    ran = spawn("targets", PYTHONPATH=third_party("acme = no_such_module:PROFILE"))
    assert 0 == ran.status
    assert "WeChat on a phone" in ran.out
    assert "acme: the platform 'acme' cannot be loaded" in ran.out


def test_a_third_party_platform_is_told_with_its_distribution(
    spawn: Spawn, third_party: Callable[..., str]
) -> None:
    """A registered host shows where it comes from, and is a target like any other."""
    module = (
        "import dataclasses\nfrom platforms.wechat import PHONE\n"
        "PROFILE = dataclasses.replace(PHONE, name='acme', aliases=(), title='Acme')\n"
    )
    path = third_party("acme = acme_host:PROFILE", module)
    assert "Acme, from acme" == finding(spawn("doctor", "--json", PYTHONPATH=path), "acme")["told"]
    assert "acme" in [one["target"] for one in spawn("targets", "--json", PYTHONPATH=path).json]


def test_two_platforms_of_one_name_are_a_finding(
    spawn: Spawn, third_party: Callable[..., str]
) -> None:
    """A name that is registered twice is told, with both of its owners."""
    ran = spawn("doctor", PYTHONPATH=third_party("wx = acme_host:PROFILE"))
    assert 1 == ran.status
    assert "two platforms are registered as 'wx'" in " ".join(ran.out.split())
    assert "something is broken" == ran.out.splitlines()[-1]


def test_a_missing_dependency_is_broken_and_a_missing_extra_is_not(
    spawn: Spawn, third_party: Callable[..., str], own_entries: str
) -> None:
    """What an install would have brought is broken; an extra says how to get it."""
    needs = "Requires-Dist: absent-one>=1\nRequires-Dist: absent-two>=1; extra == 'cli'\n"
    path = third_party(own_entries, name="minibridge", needs=needs)
    ran = spawn("doctor", "--json", PYTHONPATH=path)
    assert 1 == ran.status
    assert finding(ran, "absent-one")["ok"] is False
    assert "absent: pip install 'minibridge[cli]'" == finding(ran, "absent-two (cli)")["told"]


def test_an_upload_that_cannot_be_made_is_the_finding(spawn: Spawn, tmp_path: Path) -> None:
    """Where aiohttp cannot be imported, the rest is still told."""
    (tmp_path / "aiohttp.py").write_text("raise ImportError('no aiohttp today')\n")
    ran = spawn("doctor", "--json", PYTHONPATH=str(tmp_path))
    assert 1 == ran.status
    assert "ImportError: no aiohttp today" == finding(ran, "upload")["told"]
    assert finding(ran, "wx")["ok"] is True
