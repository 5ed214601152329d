"""Platforms by name: every one comes through an entry point, our own included."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

import schemas
from bridge import registry
from bridge.errors import BridgeError
from bridge.profile import Layer, Profile

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

pytestmark = pytest.mark.measured
MODULE = """
from dataclasses import replace
from platforms.wechat import PHONE
from platforms.mpx import LAYER
HOST = replace(PHONE, name="swan:phone", aliases=("swan",), namespace="swan", title="Swan")
OVER = replace(LAYER, name="taro", over=None, title="Taro", default="swan")
NOTHING = 3
OWN = replace(HOST, schema="acme_options:schemas/swan")
BARE = replace(HOST, schema="swan")
ASTRAY = replace(LAYER, name="astray", over=None, default="mpx")
"""


def test_a_name_and_its_alias_are_the_same_platform() -> None:
    """An alias loads the very object its name loads."""
    assert registry.load("tt:feishu") is registry.load("tt")
    assert registry.load("wx:device") is registry.load("wx")


def test_every_platform_is_listed_once() -> None:
    """Aliases make no second entry, and the order is that of the names."""
    names = [platform.name for platform in registry.everything()]
    assert sorted(set(names)) == names
    assert {"app", "h5", "mpx", "my", "my:harmony", "my:ide", "tt:douyin"} <= set(names)
    assert len(names) == len(registry.profiles()) + len(registry.layers())
    assert all(isinstance(profile, Profile) for profile in registry.profiles())
    assert all(isinstance(layer, Layer) for layer in registry.layers())


@pytest.mark.parametrize("name", ["wx-devtools", "wx:ide", "wechat", ""])
def test_an_unknown_platform_is_told_what_exists(name: str) -> None:
    """The spelling of the entry point is no name of a platform either."""
    with pytest.raises(BridgeError, match=r"unknown platform .*known: app, h5, mpx, my"):
        registry.load(name)


def test_the_nearest_name_is_proposed() -> None:
    """A slip of the finger is met with a question."""
    assert "did you mean 'feishu'?" in registry.unknown("platform", "feshu", ["feishu", "my"])
    assert "did you mean" not in registry.unknown("platform", "zzz", ["feishu", "my"])


def run(folder: Path, entries: str, code: str) -> str:
    """Run code where a third party's distribution with these entry points is installed."""
    (folder / "acme_host.py").write_text(MODULE)
    info = folder / "acme_host-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: acme-host\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(f"[minibridge.platforms]\n{entries}\n")
    return run_in(folder, code)


def run_in(folder: Path, code: str) -> str:
    """Run code where that distribution is installed already."""
    whole = f"import sys; sys.path.append({str(folder)!r})\n{code}"
    done = subprocess.run(
        [sys.executable, "-c", whole], capture_output=True, text=True, check=False, timeout=30
    )
    return done.stdout + done.stderr


BOTH = "swan = acme_host:HOST\nswan-phone = acme_host:HOST\ntaro = acme_host:OVER"
UPLOAD = """
import asyncio
from bridge import Bridge, MemoryTransport
async def main(target):
    async with Bridge(target, transport=MemoryTransport()) as b:
        path = b.files.add("a.png", b"x")
        options = {"url": "https://localhost/", "filePath": path, "name": "f"}
        outcome = await b.call("uploadFile", options)
        print(b.target, sorted(b.globals), outcome.result["errMsg"])
for target in ("swan", "taro", "uni/swan:phone"):
    asyncio.run(main(target))
"""


def test_a_third_party_registers_a_host_and_a_layer(tmp_path: Path) -> None:
    """What an installed package registers is a target like any other."""
    assert (
        "swan:phone ['swan'] uploadFile:ok\n"
        "taro/swan:phone ['swan', 'taro'] uploadFile:ok\n"
        "uni/swan:phone ['swan', 'uni'] uploadFile:ok\n"
    ) == run(tmp_path, BOTH, UPLOAD)


def test_a_broken_platform_hides_no_other(tmp_path: Path) -> None:
    """It is named apart, with the reason."""
    code = (
        "from bridge import registry\n"
        "print(registry.load('swan').name, list(registry.broken()), len(registry.profiles()))"
    )
    shown = run(tmp_path, f"{BOTH}\nno = acme_host:NONE", code)
    assert f"swan:phone ['no'] {len(registry.profiles()) + 1}\n" == shown


def own_schemas(folder: Path, apis: Iterable[str]) -> None:
    """Put the schemas of the host `OWN` into a package beside it: WeChat's, of these APIs."""
    own = folder / "acme_options" / "schemas" / "swan"
    own.mkdir(parents=True)
    (own.parent.parent / "__init__.py").write_text("")
    for api in apis:
        (own / f"{api}.json").write_text(json.dumps(schemas.load("wx", api)))


def test_a_third_party_has_schemas_of_its_own(tmp_path: Path) -> None:
    """They lie in its package, and their options are those of its host."""
    own_schemas(tmp_path, schemas.names("wx"))
    file = tmp_path / "acme_options" / "schemas" / "swan" / "uploadFile.json"
    file.write_text(file.read_text().replace('"timeout"', '"patience"'))
    entries = "swan = acme_host:OWN\nswan-phone = acme_host:OWN"
    code = (
        "from bridge import registry\n"
        "from bridge.facts import facts\n"
        "entries = {fact.entry for fact in facts(registry.load('swan'))}\n"
        "print(entries & {'uploadFile.option.timeout', 'uploadFile.option.patience'})\n"
    )
    assert "{'uploadFile.option.patience'}" in run(tmp_path, entries, code)
    upload = UPLOAD.replace('("swan", "taro", "uni/swan:phone")', '("swan", "uni/swan")')
    shown = run_in(tmp_path, upload)
    assert (
        "swan:phone ['swan'] uploadFile:ok\nuni/swan:phone ['swan', 'uni'] uploadFile:ok" in shown
    )


@pytest.mark.parametrize(
    ("apis", "text", "expected"),
    [
        (["uploadFile"], None, "no schema 'request' for 'acme_options:schemas/swan'; it has upl"),
        (schemas.names("wx"), "{,}", "Expecting property name"),
    ],
)
def test_a_schema_that_is_missing_is_named(
    tmp_path: Path, apis: list[str], text: str | None, expected: str
) -> None:
    """With what the folder is asked for, before the first call rather than in it."""
    own_schemas(tmp_path, apis)
    if text is not None:
        (tmp_path / "acme_options" / "schemas" / "swan" / "request.json").write_text(text)
    entries = "swan = acme_host:OWN\nswan-phone = acme_host:OWN"
    shown = run(tmp_path, entries, "from bridge import Bridge; Bridge('swan')")
    assert "BridgeError: acme_host:OWN has the schemas" in shown
    assert expected in shown
    assert "a folder of your own package is 'PACKAGE:FOLDER'" in shown


@pytest.mark.parametrize(
    ("expected", "entries", "name"),
    [
        ("'mpx' is a layer; a profile is needed", "astray = acme_host:ASTRAY", "astray"),
        ("cannot be loaded from acme_host:NONE: AttributeError", "no = acme_host:NONE", "no"),
        ("acme_host:NOTHING is a int, not a Profile or a Layer", "no = acme_host:NOTHING", "no"),
        ("calls itself 'swan:phone' but is registered as 'duck'", "duck = acme_host:HOST", "duck"),
        ("no schemas for 'swan'; there is app,", "swan-phone = acme_host:BARE", "swan:phone"),
        ("two platforms are registered as 'wx'", "wx = acme_host:HOST", "wx"),
    ],
)
def test_a_wrong_registration_is_one_clear_error(
    tmp_path: Path, expected: str, entries: str, name: str
) -> None:
    """A third party's slip is named by its entry point."""
    shown = run(tmp_path, entries, f"from bridge import Bridge; Bridge({name!r})")
    assert expected in shown
    assert "bridge.errors.BridgeError" in shown
