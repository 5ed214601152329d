"""What `import bridge` offers, and what it costs."""

from __future__ import annotations

import inspect
import os
import subprocess
import sys
from pathlib import Path

import pytest

import bridge

MEMBERS = [
    (name, member)
    for name in bridge.__all__
    for member in vars(getattr(bridge, name) if inspect.isclass(getattr(bridge, name)) else object)
    if not member.startswith("_")
]


def run(code: str, **env: str) -> str:
    """Run code in a Python of its own and return what it prints."""
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
        cwd=sys.prefix,  # where none of our packages lie beside the code
        env={**os.environ, **env},
    )
    return done.stdout + done.stderr


@pytest.mark.parametrize("name", bridge.__all__)
def test_every_public_name_exists_and_is_documented(name: str) -> None:
    """The docstring is its own, also where the class is imported late."""
    found = getattr(bridge, name)
    kind = found if inspect.isclass(found) or inspect.isfunction(found) else type(found)
    assert kind.__module__.partition(".")[0] == "bridge"
    assert kind.__doc__
    assert not kind.__doc__.startswith(f"{name}(")


@pytest.mark.parametrize(("name", "member"), MEMBERS)
def test_every_public_method_is_documented(name: str, member: str) -> None:
    """A method or property says in a line what it does."""
    found = inspect.getattr_static(getattr(bridge, name), member)
    if isinstance(found, property) or inspect.isroutine(found):
        assert inspect.getdoc(getattr(getattr(bridge, name), member))


def test_nothing_else_is_public() -> None:
    """A class of ours that can be reached from `bridge` is in `__all__`."""
    ours = [
        name
        for name, found in vars(bridge).items()
        if not name.startswith("_") and getattr(found, "__module__", "").startswith("bridge.")
    ]
    assert set() == set(ours) - set(bridge.__all__)
    assert sorted(bridge.__all__) == bridge.__all__
    assert len(set(bridge.__all__)) == len(bridge.__all__)


def test_the_star_import_brings_exactly_the_public_names() -> None:
    """The three late ones included."""
    code = "from bridge import *; print(sorted(n for n in dir() if n[0] != '_'))"
    assert f"{sorted(bridge.__all__)}\n" == run(code)


def test_an_unknown_name_is_an_attribute_error() -> None:
    """As of any module."""
    with pytest.raises(AttributeError, match="module 'bridge' has no attribute 'Brigde'"):
        bridge.Brigde  # noqa: B018  wrong on purpose


def test_importing_bridge_loads_nothing_heavy() -> None:
    """Neither the HTTP client, nor validators, nor the terminal library, nor any platform."""
    heavy = ["aiohttp", "jsonschema", "rich", "structlog", "referencing", "platforms.wechat"]
    code = f"import sys, bridge; print([name for name in {heavy} if name in sys.modules])"
    assert "[]\n" == run(code)


@pytest.mark.parametrize("name", ["platforms", "schemas"])
def test_a_package_of_the_same_name_is_refused_by_name(tmp_path: Path, name: str) -> None:
    """One sentence says whose package stands in the way."""
    (tmp_path / name).mkdir()
    (tmp_path / name / "__init__.py").touch()
    shown = run("import bridge", PYTHONPATH=str(tmp_path)).splitlines()[-1]
    assert f"ImportError: minibridge needs its own package {name!r}, but Python finds " in shown
    assert str(Path(os.path.realpath(tmp_path)) / name) in shown


def test_a_folder_without_code_is_refused_too() -> None:
    """A namespace package has no file of its own."""
    code = (
        "import sys, importlib.util as u; real = u.find_spec\n"
        "import importlib.machinery as m\n"
        "u.find_spec = lambda n: m.ModuleSpec(n, None) if n == 'schemas' else real(n)\n"
        "import bridge"
    )
    assert "needs its own package 'schemas', but Python finds None" in run(code)
