"""The pictures of the guides: there, small, and shown."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.report.pictures import LARGEST, PICTURES

DOCS = Path(__file__).resolve().parents[2] / "docs"
NAMES = [f"{picture.name}.png" for picture in PICTURES]


@pytest.mark.parametrize("name", NAMES)
def test_a_picture_is_kept_and_small(name: str) -> None:
    """A clone stays light."""
    content = (DOCS / "images" / name).read_bytes()
    assert content.startswith(b"\x89PNG")
    assert len(content) < LARGEST


def test_the_guides_show_the_pictures_that_the_command_takes() -> None:
    """None is missing there, and none is shown that nothing makes."""
    pages = [DOCS.parent / "README.md", *DOCS.glob("*.md")]
    texts = [path.read_text(encoding="utf-8") for path in pages]
    picture = re.compile(r"\]\((?:docs/)?images/([\w-]+\.png)\)")
    shown = [name for text in texts for name in picture.findall(text)]
    assert sorted(NAMES) == sorted(set(shown))
    assert sorted(NAMES) == sorted(path.name for path in (DOCS / "images").glob("*.png"))
