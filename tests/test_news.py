"""The news of the next release, out of which towncrier leaves a kind it does not know."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def test_every_fragment_is_news() -> None:
    """What a fragment says stands in the release notes; of `misc` only that there was something."""
    draft = subprocess.run(
        [sys.executable, "-m", "towncrier", "build", "--draft", "--version", "0", "--date", "-"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    told = " ".join(draft.split())
    fragments = list((ROOT / "newsfragments").glob("*.md"))
    left_out = [
        path.name
        for path in fragments
        if " ".join(path.read_text(encoding="utf-8").split()) not in told
        and ".misc." not in path.name
    ]
    assert fragments
    assert [] == sorted(left_out)
