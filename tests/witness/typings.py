"""Which typings speak for which schemas, and what they say, read by the TypeScript compiler."""

from __future__ import annotations

import json
import subprocess
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests import npm
from tests.witness.members import Members, of_typings

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

HERE = Path(__file__).parent
TYPESCRIPT = {"typescript": "5.9.3"}
"""The newest series whose compiler can be asked from JavaScript."""
UNREACHABLE = (
    *("EAI_AGAIN", "ECONNREFUSED", "ECONNRESET", "EHOSTUNREACH", "ENETUNREACH", "ENOTFOUND"),
    *("ERR_SOCKET_TIMEOUT", "ETIMEDOUT", "FETCH_ERROR"),
)

Told = dict[str, "dict[str, Members | None] | None"]
"""Function -> what is said of its `options`, `success`, `fail` and `progress`; None for nothing."""


@dataclass(frozen=True, slots=True)
class Witness:
    """
    One package of typings.

    Attributes:
        schemas: the folder of schemas it speaks for.
        package: its name on npm.
        version: its exact version.
        namespace: the global whose functions it declares.
    """

    schemas: str
    package: str
    version: str
    namespace: str


_TABLE = tomllib.loads((HERE / "typings.toml").read_text(encoding="utf-8"))
WITNESSES = tuple(Witness(**row) for row in _TABLE["witness"])
WITHOUT: Mapping[str, str] = {row["schemas"]: row["reason"] for row in _TABLE["without"]}
"""Folder of schemas -> why nothing speaks for it."""


def out_of_reach(package: str, version: str) -> str:
    """Return npm's word for why it cannot be reached; empty when it can."""
    node = npm.first_node()
    options = ("--fetch-retries=0", "--fetch-timeout=20000")
    asked = subprocess.run(
        [*node.npm, "view", f"{package}@{version}", "version", *options],
        env=node.env,
        capture_output=True,
        text=True,
        check=False,
        timeout=npm.SECONDS,
    )
    found = [word for word in UNREACHABLE if word in asked.stderr]
    return found[0] if asked.returncode and found else ""


def read(root: Path, questions: Sequence[tuple[str, Mapping[str, str]]]) -> list[Told]:
    """
    Return what typings say of functions.

    Args:
        root: a folder that has TypeScript and the packages.
        questions: package, and name -> expression (`wx.uploadFile`) of each function.
    """
    asked = [{"package": package, "functions": functions} for package, functions in questions]
    done = subprocess.run(
        [npm.first_node().node, HERE / "read_typings.cjs", root],
        input=json.dumps(asked),
        capture_output=True,
        text=True,
        check=False,
        timeout=npm.SECONDS,
    )
    if done.returncode:
        pytest.fail(f"the typings could not be read:\n{done.stderr}", pytrace=False)
    return [
        {name: _parts(said) for name, said in answer.items()} for answer in json.loads(done.stdout)
    ]


def _parts(said: dict[str, dict[str, object] | None] | None) -> dict[str, Members | None] | None:
    if said is None:
        return None
    return {part: None if told is None else of_typings(told) for part, told in said.items()}
