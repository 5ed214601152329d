"""The snippets for JavaScript runners, in their guide and the README, run as they stand there."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests import npm

if TYPE_CHECKING:
    from conftest import Runner  # type: ignore[import-not-found]

pytestmark = pytest.mark.timeout(180)
ROOT = Path(__file__).parents[2]
BLOCK = re.compile(
    r"<!-- file: (\S+)/(\S+) -->\n+```javascript\n(.*?)^```$", re.DOTALL | re.MULTILINE
)


SNIPPETS = {
    "README.md": ("vitest", "jest", "node-test"),
    "docs/javascript-runners.md": ("vitest", "jest", "node-test", "mocha"),
}


@npm.ONE_NODE
@pytest.mark.parametrize(
    ("page", "name"), [(page, name) for page, names in SNIPPETS.items() for name in names]
)
def test_each_snippet_passes(runner: Runner, name: str, page: str) -> None:
    """Each runner has a snippet, and each snippet is complete."""
    blocks = BLOCK.findall((ROOT / page).read_text(encoding="utf-8"))
    files = {file: text for folder, file, text in blocks if folder == name}
    assert "upload.test.js" in files
    ran = runner(name, files)
    assert 0 == ran.status, ran.said
    count = sum(file.endswith(".test.js") for file in files)
    assert re.search(rf"Tests:? +{count} passed|pass {count}\b|\b{count} passing", ran.said)
