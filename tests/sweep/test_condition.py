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
        ("stall_after:1000", ("stall after 1000 bytes",)),
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
        ("ofline", "unknown condition 'ofline'; did you mean 'offline'?"),
        ("reset_after", "unknown condition 'reset_after'; did you mean 'reset_after:40%'?"),
        ("offline:40%", "unknown condition 'offline:40%'"),
        ("reset_after:some", "'some' is no place in a body: write reset_after:40%"),
        ("reset_after:140%", "percent=140.0 is not between 0 and 100"),
        ("", "unknown condition ''"),
    ],
)
def test_a_condition_that_is_none_is_told_in_a_sentence(text: str, told: str) -> None:
    """Before anything is played."""
    with pytest.raises(BridgeError, match=told):
        check(text)
