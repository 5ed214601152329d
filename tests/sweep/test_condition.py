"""Network conditions as a plan writes them."""

from __future__ import annotations

import pytest

from bridge import BridgeError
from bridge.network import Network
from bridge.sweep.condition import apply, check


@pytest.mark.parametrize(
    ("what", "conditions"),
    [
        ("none", ()),
        ("offline", ("offline",)),
        ("dns_failure", ("dns_failure",)),
        ("refuse", ("connection_refused",)),
        ("reset_after=40%", ("reset after 40 %",)),
        ("reset_after=12.5 %", ("reset after 12.5 %",)),
        ("stall_after=1000", ("stall after 1000 bytes",)),
        ({"offline": True}, ("offline",)),
        ({"reset_after": {"percent": 40}}, ("reset after 40 %",)),
        ({"stall_after": {"bytes": 1000}}, ("stall after 1000 bytes",)),
    ],
)
def test_a_condition_is_put_on_a_network(
    what: str | dict[str, object], conditions: tuple[str, ...]
) -> None:
    """A word, a word with an amount, or a table."""
    network = Network()
    apply(network, what)
    assert conditions == network.conditions


def test_none_leaves_a_network_as_it_is() -> None:
    """A case brings conditions of its own, which `none` does not take away."""
    network = Network()
    network.offline()
    apply(network, "none")
    assert ("offline",) == network.conditions


@pytest.mark.parametrize(
    ("what", "text"),
    [
        ("ofline", "unknown condition 'ofline'; did you mean 'offline'?"),
        ("reset_after", "unknown condition 'reset_after'; did you mean 'reset_after=40%'?"),
        ("offline=40%", "unknown condition 'offline=40%'"),
        ("reset_after=some", "'some' is no amount"),
        ("reset_after=140%", "percent=140.0 is not between 0 and 100"),
        ({}, "one entry, not 0"),
        ({"offline": True, "refuse": True}, "one entry, not 2"),
        ({"reset_after": 40}, r"takes { bytes = N } or { percent = N }, not 40"),
        ({"reset_after": {"seconds": 4}}, "takes { bytes = N }"),
        ({"reset_after": {"percent": "40"}}, "percent is a number, not '40'"),
        ({"reset_after": {"bytes": True}}, "bytes is a number, not True"),
        ({"reset_after": {"bytes": 1.5}}, "bytes is a whole number, not 1.5"),
        ({"reset_after": {}}, "give either bytes= or percent="),
        (7, "a condition is a text or a table, not 7"),
    ],
)
def test_a_condition_that_is_none_is_told_in_a_sentence(what: object, text: str) -> None:
    """Before anything is played."""
    with pytest.raises(BridgeError, match=text):
        check(what)
