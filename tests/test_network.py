"""The network a mini-program meets: conditions by name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from bridge.errors import BridgeError
from bridge.network import Network
from bridge.reasons import Reason
from bridge.rules import parse
from bridge.transport import TransportFailure

if TYPE_CHECKING:
    from collections.abc import Callable

ADDRESS = parse("https://a.test:8443/x")


def failed(network: Network) -> Reason | None:
    """Return what becomes of a connection."""
    try:
        network.judge(ADDRESS)
    except TransportFailure as failure:
        return failure.reason
    return None


@pytest.mark.parametrize(
    ("switch", "reason"),
    [
        (Network.offline, Reason.OFFLINE),
        (Network.dns_failure, Reason.DNS_FAILURE),
        (Network.refuse, Reason.CONNECTION_REFUSED),
    ],
)
def test_a_condition_holds_until_the_network_is_cleared(
    switch: Callable[[Network], None], reason: Reason
) -> None:
    """Each names its reason, for the call and in the record."""
    network = Network()
    assert failed(network) is None
    switch(network)
    assert [reason, reason] == [failed(network), failed(network)]
    assert [str(reason)] == list(network.conditions)
    network.clear()
    assert failed(network) is None
    assert [] == list(network.conditions)


def test_a_failure_tells_the_address() -> None:
    """The texts of some hosts ask for it."""
    network = Network()
    network.refuse()
    with pytest.raises(TransportFailure) as caught:
        network.judge(ADDRESS)
    expected = {"host": "a.test", "ip": "a.test", "port": 8443, "detail": "simulated"}
    assert expected == caught.value.detail


def test_going_online_keeps_a_cut() -> None:
    """The two conditions are independent, and both are in the record."""
    network = Network()
    network.offline()
    network.reset_after(percent=50)
    assert ["offline", "reset after 50 %"] == list(network.conditions)
    network.online()
    assert failed(network) is None
    assert ["reset after 50 %"] == list(network.conditions)


def test_clearing_takes_the_cut_away_as_well() -> None:
    """Afterwards the whole body leaves."""
    network = Network()
    network.stall_after(bytes=1)
    network.clear()
    assert network.cut is None
    assert [] == list(network.conditions)


def test_the_last_condition_of_a_kind_counts() -> None:
    """A new one replaces the one before."""
    network = Network()
    network.offline()
    network.refuse()
    assert Reason.CONNECTION_REFUSED is failed(network)
    network.reset_after(bytes=5)
    assert ["connection_refused", "reset after 5 bytes"] == list(network.conditions)
    network.stall_after(bytes=7)
    assert network.cut is not None
    assert ("stall", 7) == (network.cut.kind, network.cut.after)
    assert ["connection_refused", "stall after 7 bytes"] == list(network.conditions)


def test_what_is_no_address_meets_no_network() -> None:
    """A bad address is the rules' matter."""
    network = Network()
    network.offline()
    network.judge(None)


@pytest.mark.parametrize(
    ("expected", "where"),
    [(0, {"bytes": 0}), (7, {"bytes": 7}), (200, {"bytes": 900}), (100, {"percent": 50.0})],
)
def test_a_cut_is_at_a_byte_within_the_body(expected: int, where: dict[str, Any]) -> None:
    """Bytes and percent both end up as a number of bytes."""
    network = Network()
    network.reset_after(**where)
    assert network.cut is not None
    assert expected == network.cut.at(200)


@pytest.mark.parametrize("percent", [0, 100])
def test_the_ends_of_the_body_can_be_cut(percent: int) -> None:
    """At 0 nothing leaves, at 100 everything does."""
    network = Network()
    network.stall_after(percent=percent)
    assert network.cut is not None
    assert percent * 2 == network.cut.at(200)


@pytest.mark.parametrize(
    ("said", "where"),
    [
        ("give either bytes= or percent=", {}),
        ("give either bytes= or percent=", {"bytes": 1, "percent": 1}),
        ("bytes=-1 is negative", {"bytes": -1}),
        ("percent=101 is not between 0 and 100", {"percent": 101}),
        ("percent=-1 is not between 0 and 100", {"percent": -1}),
    ],
)
def test_a_wrong_cut_is_the_authors_mistake(said: str, where: dict[str, Any]) -> None:
    """It is told at once, and changes nothing."""
    network = Network()
    for method in (network.reset_after, network.stall_after):
        with pytest.raises(BridgeError, match=said):
            method(**where)
    assert network.cut is None
