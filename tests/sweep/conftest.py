"""What the tests of sweeps share."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.sweep.folders import Folder

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Folder]:
    """Provide a folder for a plan."""
    made = Folder(tmp_path)
    yield made
    made.close()
