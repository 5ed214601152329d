"""The news of the next release, out of which towncrier leaves a kind it does not know."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def release_notes() -> str:
    """Return what the next release notes would be."""
    return subprocess.run(
        [sys.executable, "-m", "towncrier", "build", "--draft", "--version", "0", "--date", "-"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout


def test_every_fragment_is_news() -> None:
    """What a fragment says stands in the release notes; of `misc` only that there was something."""
    told = " ".join(release_notes().split())
    fragments = list((ROOT / "newsfragments").glob("*.md"))
    left_out = [
        path.name
        for path in fragments
        if " ".join(path.read_text(encoding="utf-8").split()) not in told
        and ".misc." not in path.name
    ]
    assert fragments
    assert [] == sorted(left_out)


def test_a_change_refers_to_its_issue_by_number() -> None:
    """The word that tells two fragments of one issue apart stays in the file's name."""
    told = re.findall(r"(?:\(|^- )(#\d[^)\n]*)", release_notes(), re.MULTILINE)
    assert told
    assert [] == [one for one in told if not re.fullmatch(r"#\d+(?:, #\d+)*", one)]
