"""Network conditions as a plan writes them."""

from __future__ import annotations

import pytest

from bridge import BridgeError
from bridge.network import Network
from bridge.sweep.condition import apply, check


@pytest.mark.parametrize(
    ("text", "conditions"),
    [
        ("none", ()),
        ("offline", ("offline",)),
        ("dns_failure", ("dns_failure",)),
        ("refuse", ("connection_refused",)),
        ("reset_after:40%", ("reset after 40 %",)),
        ("reset_after:12.5%", ("reset after 12.5 %",)),
        ("stall_after:1000B", ("stall after 1000 bytes",)),
        ("3g,offline@40%", ("3g (up 31250 B/s, down 93750 B/s, latency 100 ms)",)),
    ],
)
def test_a_condition_is_put_on_a_network(text: str, conditions: tuple[str, ...]) -> None:
    """A word, or a word and a place in the body."""
    network = Network()
    apply(network, text)
    assert conditions == network.conditions


def test_none_leaves_a_network_as_it_is() -> None:
    """A case brings conditions of its own, which `none` does not take away."""
    network = Network()
    network.offline()
    apply(network, "none")
    assert ("offline",) == network.conditions


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("ofline", "'ofline' is no network condition; did you mean 'offline'?"),
        ("reset_after", "'reset_after' is not how 'reset_after' is written"),
        ("offline:40%", "'offline:40%' is not how 'offline' is written"),
        ("reset_after:some", "'some' is no time or place: write 2s, 500ms, .5s, 40% or 64kB"),
        ("reset_after:140%", "'140%' is no time or place"),
        ("", "an empty text is no condition; write 'none'"),
    ],
)
def test_a_condition_that_is_none_is_told_in_a_sentence(text: str, told: str) -> None:
    """Before anything is played."""
    with pytest.raises(BridgeError, match=told):
        check(text)
