"""The measurement of slow networks: what its server sees, and what it makes of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from benchmarks import network
from benchmarks.network import Server, downloading, uploading
from bridge import Bridge

if TYPE_CHECKING:
    import pytest

FAST = 1_000_000


async def test_the_server_sees_every_byte_of_a_body() -> None:
    """The first piece is not counted, because the clock starts with it; the answer is whole."""
    server = Server(5000)
    async with Bridge("wx") as bridge:
        options = {"url": server.url, "method": "POST", "data": "x" * 300_000}
        outcome = await bridge.call("request", options)
        assert "x" * 5000 == outcome.result["data"]
    server.close()
    [seen] = server.seen
    assert 0 < seen.size <= 300_000


async def test_both_directions_are_measured() -> None:
    """In percent of what was asked; a network is never much faster than that."""
    assert -100 < await uploading(100_000, FAST, 1) < 50
    assert -100 < await uploading(100_000, FAST, 2) < 50
    assert -100 < await downloading(100_000, FAST) < 50


async def test_a_network_that_is_not_slow_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a condition the bandwidth is far from what was asked for."""
    monkeypatch.setattr("bridge.network.Network.slow", lambda *_, **__: None)
    assert await uploading(2_000_000, 10_000, 1) > network.GOAL
