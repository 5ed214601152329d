"""What the tests of the runners share: every Node there is, Jest and Vitest, and suites to run."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import pytest

from tests import npm
from tests.npm import SECONDS, Node

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

EXAMPLE = Path(__file__).parents[2] / "examples" / "mini_program"
COMMAND = (sys.executable, "-m", "bridge.cli")
TRACE = "trace.jsonl"
JEST_CONFIG = "module.exports = { setupFilesAfterEnv: [process.env.MINIBRIDGE_JEST_SETUP] };\n"


@pytest.fixture(params=npm.NODES or [None])
def node(request: pytest.FixtureRequest) -> Node:
    """
    Provide each Node in turn, or the wheel that a test names by its version.

    Without any Node these tests fail, since they prove nothing.
    """
    if request.param is None:
        return npm.first_node()
    return npm.NODES.get(request.param) or npm.wheel_node(request.param)


@pytest.fixture
def any_node() -> Node:
    """Provide one Node, for what is no business of Node's."""
    return npm.first_node()


@pytest.fixture(scope="session")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Install Jest and Vitest once, in the versions that the example names, and Mocha."""
    named = json.loads((EXAMPLE / "package.json").read_text())["devDependencies"]
    packages = {**named, **FURTHER}
    return npm.once(tmp_path_factory, "runners", lambda root: npm.install(root, packages))


@pytest.fixture
def suite(installed: Path) -> Path:
    """Provide an empty folder beside the runners' packages."""
    return Path(tempfile.mkdtemp(dir=installed))


@dataclass(frozen=True)
class Ran:
    """How a command ended, all it said, and where it ran."""

    status: int
    said: str
    folder: Path

    @property
    def sessions(self) -> list[str]:
        """The sessions in the trace, each once."""
        lines = (self.folder / TRACE).read_text().splitlines()
        return [*dict.fromkeys(json.loads(line)["session"] for line in lines)]


class Runner(Protocol):
    """Run a runner on the files of a suite."""

    def __call__(self, runner: str, files: Mapping[str, str], *words: str) -> Ran:
        """Return how `minibridge exec -- RUNNER` ended."""


FURTHER = {"mocha": "12.0.3"}
RUNNERS = {
    "jest": ("../node_modules/.bin/jest", "--no-cache"),
    "vitest": ("../node_modules/.bin/vitest", "run"),
    "node-test": ("node", "--test"),
    "mocha": ("../node_modules/.bin/mocha", "*.test.js"),
}


def run(node: Node, words: Sequence[str], suite: Path) -> Ran:
    """Run a command to its end, with this Node and `minibridge` found first."""
    path = os.pathsep.join([str(node.node.parent), str(Path(sys.executable).parent)])
    done = subprocess.run(
        words,
        cwd=suite,
        env=node.env | {"PATH": path + os.pathsep + os.environ["PATH"], "NO_COLOR": "1", "CI": "1"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        timeout=SECONDS,
    )
    return Ran(done.returncode, done.stdout, suite)


@pytest.fixture
def runner(node: Node, suite: Path) -> Runner:
    """Provide what runs a suite on one Node."""

    def running(runner: str, files: Mapping[str, str], *words: str) -> Ran:
        settings = {"jest.config.js": JEST_CONFIG} if runner == "jest" else {}
        for name, text in {**settings, **files}.items():
            (suite / name).write_text(text)
        command = [*COMMAND, "exec", "--trace", TRACE, "--", *RUNNERS[runner], *words]
        return run(node, command, suite)

    return running


@pytest.fixture
def logic(node: Node, tmp_path: Path) -> Callable[[str], Ran]:
    """Provide what runs a logic file with `minibridge run` on one Node."""

    def running(code: str) -> Ran:
        file = tmp_path / "logic.js"
        file.write_text(code)
        return run(node, [*COMMAND, "run", str(file), "--on", "wx", "--engine", "node"], tmp_path)

    return running


@pytest.fixture
def example(node: Node, suite: Path) -> Callable[[str], Ran]:
    """Provide what runs one of the example's own scripts on one Node."""

    def running(script: str) -> Ran:
        left_out = shutil.ignore_patterns("node_modules")
        shutil.copytree(EXAMPLE, suite, ignore=left_out, dirs_exist_ok=True)
        return run(node, [*node.npm, "run", "--silent", script], suite)

    return running
