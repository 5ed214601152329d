"""Data inside a page: JSON in elements of its own, many lines of it compressed."""

from __future__ import annotations

import base64
import gzip
import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


def named(name: str, value: object) -> str:
    """Return an element that holds a value under a name."""
    return _element(f'id="{name}"', value)


def packed(lines: Iterable[str]) -> str:
    """Return an element that holds lines of JSON; a page has them in the order of its elements."""
    # Without a time of packing the same lines make the same page.
    content = gzip.compress("\n".join(lines).encode(), mtime=0)
    return _element('class="calls"', base64.b64encode(content).decode())


def _element(attribute: str, value: object) -> str:
    text = json.dumps(value).replace("<", "\\u003c")
    return f'<script type="application/json" {attribute}>{text}</script>\n'
