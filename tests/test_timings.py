"""The numbers of `res.profile`: which moment each field tells, and what never happened."""

from __future__ import annotations

from typing import Any

import pytest

from bridge import registry
from bridge.timings import NOT_EMULATED, Layout, Moments
from bridge.transport import Measures

TIMES = {
    "redirect_start": 1.01,
    "redirect_end": 1.02,
    "fetch_start": 1.03,
    "dns_start": 1.04,
    "dns_end": 1.05,
    "connect_start": 1.06,
    "tls_start": 1.07,
    "connect_end": 1.08,
    "request_start": 1.09,
    "request_end": 1.10,
    "response_start": 1.5,
    "response_end": 2.0,
}


def told(times: dict[str, float], *names: str, **measures: Any) -> list[object]:  # noqa: ANN401
    """Return the named fields of a transfer that began at 1 s, waited, and ran from 1.005 s on."""
    # Half a millisecond more lets no float fall short of its whole one.
    moments = Moments(1.0, 1.0, 1.005, Measures(times=times, **measures), 0.0005)
    result = Layout(names).measured(moments)
    assert list(names) == list(result)
    return list(result.values())


def test_every_moment_is_told_in_epoch_milliseconds() -> None:
    """Each field is the moment of its name, in the order they happened."""
    fields = (
        "invokeStart",
        "queueStart",
        "queueEnd",
        "redirectStart",
        "redirectEnd",
        "fetchStart",
        "domainLookUpStart",
        "domainLookUpEnd",
        "connectStart",
        "SSLconnectionStart",
        "SSLconnectionEnd",
        "connectEnd",
        "requestStart",
        "requestEnd",
        "responseStart",
        "responseEnd",
    )
    assert [
        *(1000, 1000, 1005, 1010, 1020, 1030, 1040, 1050, 1060, 1070, 1080, 1080, 1090, 1100),
        *(1500, 2000),
    ] == told(TIMES, *fields)


def test_a_reused_connection_has_its_lookup_at_the_fetch_start() -> None:
    """Nothing was looked up or connected, as the page says."""
    names = ("domainLookUpStart", "domainLookUpEnd", "connectStart", "connectEnd")
    assert [1030] * 4 == told({"fetch_start": 1.03}, *names)


def test_what_never_happened_is_zero() -> None:
    """No redirect within one host, no TLS, no answer."""
    names = ("redirectStart", "redirectEnd", "SSLconnectionStart", "SSLconnectionEnd")
    assert [0, 0, 0, 0] == told({"connect_end": 1.08}, *names)
    assert [0, 0] == told({}, "responseEnd", "connectEnd")


def test_throughput_is_the_downloads_kilobits_a_second() -> None:
    """Half a second for 62500 bytes are 1000 kbit/s; no duration tells nothing."""
    assert [1000] == told(TIMES, "throughputKbps", received_bytes=62_500)
    assert [0] == told({"response_start": 1.0, "response_end": 1.0}, "throughputKbps")
    assert [0] == told({}, "throughputKbps", received_bytes=9000)


def test_the_connection_is_told_as_the_transport_saw_it() -> None:
    """Address, bytes and reuse come from the measures."""
    names = ("peerIP", "port", "socketReused", "sendBytesCount", "receivedBytedCount", "rtt")
    measures = {
        "ip": "127.0.0.1",
        "port": 80,
        "reused": True,
        "sent_bytes": 7,
        "received_bytes": 8,
        "rtt": 1.6,
    }
    assert ["127.0.0.1", 80, True, 7, 8, 2] == told({}, *names, **measures)
    assert ["http1.1"] == told({}, "protocol")


def test_placeholders_are_zero_or_false() -> None:
    """What nobody can measure here never looks measured."""
    names = sorted(NOT_EMULATED)
    assert not any(told(TIMES, *names, rtt=5.0, received_bytes=9))


def test_two_hosts_spell_one_field_in_two_ways() -> None:
    """Douyin writes `domainLookupStart` with a lower-case u."""
    assert [1040, 1040] == told(TIMES, "domainLookupStart", "domainLookUpStart")


@pytest.mark.parametrize("profile", registry.profiles(), ids=lambda profile: profile.name)
def test_every_field_of_a_profile_can_be_told(profile: Any) -> None:  # noqa: ANN401
    """No host lists a field without a meaning."""
    assert len(profile.profile_fields) == len(told(TIMES, *profile.profile_fields))


def test_a_field_no_host_uses_is_an_error() -> None:
    """A third party's slip shows at once."""
    with pytest.raises(KeyError, match="lunchbreak"):
        told({}, "lunchBreak")
