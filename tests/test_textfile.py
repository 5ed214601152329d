"""Text files that a test author names."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bridge.errors import BridgeError
from bridge.textfile import text_of

if TYPE_CHECKING:
    from pathlib import Path


def test_the_mark_of_an_editor_is_no_text(tmp_path: Path) -> None:
    """Only at the beginning, where it says that the file is UTF-8."""
    file = tmp_path / "plan.toml"
    file.write_bytes(b"\xef\xbb\xbfa\xef\xbb\xbf\xc3\xa9\r\n")
    assert "a\ufeffé\n" == text_of(file, "the plan")


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("absent", "No such file or directory$"),
        ("", "Is a directory$"),
        ("latin", "'utf-8' codec can't decode byte 0xe9 in position 0"),
        ("a\0b", "embedded null byte"),
    ],
)
def test_a_file_that_cannot_be_read_is_named_with_why(tmp_path: Path, name: str, why: str) -> None:
    """In one sentence that says what it was for."""
    (tmp_path / "latin").write_bytes(b"\xe9t\xe9")
    with pytest.raises(BridgeError, match=f"^cannot read the plan '{tmp_path}.*': {why}"):
        text_of(tmp_path / name, "the plan")
