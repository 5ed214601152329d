"""What the tests of the matrix share: a platform that means harm to whoever shows it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from bridge import registry
from bridge.matrix import Matrix, matrix_of
from bridge.profile import Source, Text
from bridge.reasons import Reason
from platforms import wechat

if TYPE_CHECKING:
    from collections.abc import Callable

    from bridge.facts import Fact

HARM = "a|b `c` ``d`` <script>alert(1)</script> [e](javascript:f) \"'&amp;*g*_h_\nnext"


@pytest.fixture(scope="module")
def matrix() -> Matrix:
    """Lay out every platform of ours."""
    return matrix_of(registry.everything())


@pytest.fixture(scope="module")
def harmful() -> Matrix:
    """Lay out a host whose every text could break a table or a page."""
    source = Source("reported", f"javascript:{HARM}", HARM, HARM)
    device = wechat.PHONE.device
    assert device is not None
    acme = replace(
        wechat.PHONE,
        name=HARM,
        namespace=HARM,
        title=HARM,
        version_counts=HARM,
        referer=HARM,
        page_origin=f"`{HARM}`",
        since={"api.chooseImage": HARM},
        texts={Reason.TIMEOUT: Text(HARM, 1, source)},
        device=replace(device, info={HARM: {HARM: [HARM]}, "` ": HARM}),
        sources={**wechat.PHONE.sources, "limit": source},
    )
    variant = replace(acme, name=f"{HARM}:2", limit=3, device=None)
    return matrix_of([acme, variant, wechat.PHONE])


@pytest.fixture
def harm() -> str:
    """Provide what the harmful host says wherever it can."""
    return HARM


@pytest.fixture
def told(matrix: Matrix) -> Callable[[str, str], Fact]:
    """Find a fact of ours by host and entry."""
    return lambda host, entry: matrix.facts[entry][host]
