"""Pages on disk: an old one stays until the new one is complete."""

from __future__ import annotations

import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from bridge.errors import BridgeError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import TextIO


@contextmanager
def replaced(path: Path) -> Iterator[TextIO]:
    """
    Open a new file that takes the place of another when all went well, and else leaves none.

    Raises:
        BridgeError: it cannot be written.
    """
    try:
        with tempfile.TemporaryDirectory(dir=path.parent, prefix=f".{path.name}.") as folder:
            fresh = Path(folder) / path.name
            with fresh.open("w", encoding="utf-8", newline="\n") as out:
                yield out
            fresh.replace(path)
    except OSError as error:
        message = f"cannot write the page {str(path)!r}: {error.strerror}"
        raise BridgeError(message) from error
