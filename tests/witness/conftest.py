"""The typings from npm, installed and read once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

import schemas
from tests import npm
from tests.witness.typings import TYPESCRIPT, WITNESSES, Told, out_of_reach, read

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="session")
def packages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Provide a folder with TypeScript and every package of typings; skip where npm is not."""
    first = WITNESSES[0]
    cause = out_of_reach(first.package, first.version)
    if cause:
        pytest.skip(f"the typings come from npm, which is out of reach: {cause}")
    root = tmp_path_factory.mktemp("typings")
    npm.install(root, TYPESCRIPT | {witness.package: witness.version for witness in WITNESSES})
    return root


@pytest.fixture(scope="session")
def told(packages: Path) -> dict[str, Told]:
    """Provide, for each folder of schemas, what the typings say of the functions it describes."""
    questions = []
    for witness in WITNESSES:
        apis = {name.partition(".")[0] for name in schemas.names(witness.schemas)}
        functions = {api: f"{witness.namespace}.{api}" for api in sorted(apis)}
        questions.append((witness.package, functions))
    answers = read(packages, questions)
    return {one.schemas: answer for one, answer in zip(WITNESSES, answers, strict=True)}
