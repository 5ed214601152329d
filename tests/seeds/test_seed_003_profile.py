"""Seed 003's `res.profile`: every field as the page lists it, measured from the real transfer."""

from __future__ import annotations

import asyncio
import ssl
import time
from typing import TYPE_CHECKING, cast

import pytest
import trustme

from bridge import Bridge, HttpTransport, MemoryTransport, Reply, UploadServer

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping

    from bridge.runtime import Outcome
    from bridge.transport import Events, WireUpload

URL = "https://example.weixin.qq.com"
SMALL = b"picture"
# The page's table in its order: field, type, lowest version.
PAGE = (
    ("invokeStart", int, "3.8.10"),
    ("queueStart", int, "3.8.10"),
    ("queueEnd", int, "3.8.10"),
    ("redirectStart", int, ""),
    ("redirectEnd", int, ""),
    ("fetchStart", int, ""),
    ("domainLookUpStart", int, ""),
    ("domainLookUpEnd", int, ""),
    ("connectStart", int, ""),
    ("connectEnd", int, ""),
    ("SSLconnectionStart", int, ""),
    ("SSLconnectionEnd", int, ""),
    ("requestStart", int, ""),
    ("requestEnd", int, ""),
    ("responseStart", int, ""),
    ("responseEnd", int, ""),
    ("rtt", int, ""),
    ("estimate_nettype", int, ""),
    ("httpRttEstimate", int, ""),
    ("transportRttEstimate", int, ""),
    ("downstreamThroughputKbpsEstimate", int, ""),
    ("throughputKbps", int, ""),
    ("peerIP", str, ""),
    ("port", int, ""),
    ("socketReused", bool, ""),
    ("sendBytesCount", int, ""),
    ("receivedBytedCount", int, ""),
    ("protocol", str, ""),
    ("usingHighPerformanceMode", bool, ""),
)
HTTP_DNS = ("httpDNSDomainLookUpStart", "httpDNSDomainLookUpEnd")
IN_TIME_ORDER = (
    "invokeStart", "queueStart", "queueEnd", "fetchStart", "domainLookUpStart", "domainLookUpEnd",
    "connectStart", "connectEnd", "requestStart", "requestEnd", "responseStart", "responseEnd",
)  # fmt: skip
ALWAYS_EPOCH = {name for name, kind, _ in PAGE[:16] if kind is int} - {
    "redirectStart", "redirectEnd", "SSLconnectionStart", "SSLconnectionEnd",
}  # fmt: skip
NEW_IN_3_8_10 = ["invokeStart", "queueStart", "queueEnd"]
PLACEHOLDERS = {
    "estimate_nettype": 0,
    "httpRttEstimate": 0,
    "transportRttEstimate": 0,
    "downstreamThroughputKbpsEstimate": 0,
    "usingHighPerformanceMode": False,
}
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 5\r\n\r\nhello"


class Measured:
    """A transport that claims given measures, for arithmetic which a real network would blur."""

    def __init__(self, times: Mapping[str, float], **measures: object) -> None:
        self._times = times
        self._measures = measures

    async def send(self, upload: WireUpload, events: Events) -> Reply:
        """Answer at once; times are in seconds from now."""
        now = asyncio.get_running_loop().time()
        events.measures.times.update({name: now + at for name, at in self._times.items()})
        for name, value in self._measures.items():
            setattr(events.measures, name, value)
        return Reply(200, (), b"", None, upload.url)

    def route(self, origin: str, to: str | None) -> None:
        """Everything is answered, routed or not."""

    async def aclose(self) -> None:
        """Nothing is held."""


def options_for(bridge: Bridge, url: str, content: bytes = SMALL) -> dict[str, object]:
    """Return the required options for a file with this content."""
    path = bridge.files.add("photo.png", content)
    return {"url": f"{url}/upload", "filePath": path, "name": "file"}


def profile_of(outcome: Outcome) -> dict[str, object]:
    """Return `res.profile` of a successful call."""
    assert outcome.ok
    return cast("dict[str, object]", outcome.result["profile"])


def times_of(outcome: Outcome) -> dict[str, int]:
    """Return the numbers of `res.profile`, as numbers."""
    return cast("dict[str, int]", profile_of(outcome))


async def profile_from(bridge: Bridge, url: str = URL, content: bytes = SMALL) -> dict[str, int]:
    """Upload once and return the numbers of `res.profile`."""
    return times_of(await bridge.call("uploadFile", options_for(bridge, url, content)))


def moments_of(outcome: Outcome, *names: str) -> list[float]:
    """Return the record's own times, which are finer than whole milliseconds."""
    return [outcome.record.times[name] for name in names]


@pytest.fixture
async def counting_server() -> AsyncIterator[tuple[str, list[int]]]:
    """Run a server below HTTP: it counts a request's bytes, head included, and sends ANSWER."""
    counts: list[int] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        lines = head.decode().lower().split("\r\n")
        length = next(int(line[15:]) for line in lines if line.startswith("content-length:"))
        counts.append(len(head) + len(await reader.readexactly(length)))
        writer.write(ANSWER)
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", counts
    server.close()
    await server.wait_closed()


# --- the fields


@pytest.mark.target("mpx/wx")
async def test_profile_has_every_listed_field_and_no_other(
    bridge: Bridge, upload_server: UploadServer
) -> None:
    """The names are the page's, spelled and ordered as there, without the httpDNS two."""
    profile = await profile_from(bridge, upload_server.url)
    assert [name for name, _, _ in PAGE] == list(profile)


@pytest.mark.target("mpx/wx")
@pytest.mark.parametrize(("field", "kind"), [row[:2] for row in PAGE], ids=[r[0] for r in PAGE])
async def test_row_of_profile_has_the_listed_type(
    bridge: Bridge, upload_server: UploadServer, field: str, kind: type
) -> None:
    """Each field is there and of the type the page gives; numbers are whole."""
    outcome = await bridge.call("uploadFile", options_for(bridge, upload_server.url))
    assert kind is type(profile_of(outcome)[field])


@pytest.mark.target("mpx/wx", "mpx/wx@3.8.9", "mpx/wx@3.8.10", "mpx/wx@3.11.0")
@pytest.mark.parametrize("field", HTTP_DNS)
async def test_rows_of_http_dns_are_left_to_wx_request(
    bridge: Bridge, upload_server: UploadServer, field: str
) -> None:
    """The page itself says that only `wx.request` supports them, in any version."""
    assert field not in await profile_from(bridge, upload_server.url)


@pytest.mark.parametrize(
    ("version", "absent"),
    [
        ("3.5.0", NEW_IN_3_8_10),
        ("3.8.9", NEW_IN_3_8_10),
        ("3.8.10", []),
        ("3.11.1", []),
    ],
)
async def test_profile_fields_appear_from_their_version_on(version: str, absent: list[str]) -> None:
    """From 3.5.0 on there is a profile, from 3.8.10 on it has the call and queue times."""
    async with Bridge(f"mpx/wx@{version}", transport=MemoryTransport()) as bridge:
        profile = await profile_from(bridge)
        assert [name for name, _, _ in PAGE if name not in absent] == list(profile)


async def test_there_is_no_profile_before_3_5_0() -> None:
    """An older base library answers without it, and the record lists no placeholder."""
    async with Bridge("mpx/wx@3.4.0", transport=MemoryTransport()) as bridge:
        outcome = await bridge.call("uploadFile", options_for(bridge, URL))
        assert ["data", "statusCode", "header", "errMsg"] == list(outcome.result)
        assert [] == list(outcome.record.not_emulated)


@pytest.mark.target("mpx/wx")
async def test_times_are_whole_epoch_milliseconds_in_the_order_of_events(
    bridge: Bridge, upload_server: UploadServer
) -> None:
    """No time is before the one that had to come first, and all lie within the call."""
    before = time.time() * 1000 - 1000
    profile = await profile_from(bridge, upload_server.url)
    times = [profile[name] for name in IN_TIME_ORDER]
    assert sorted(times) == times
    assert [] == [name for name in ALWAYS_EPOCH if type(profile[name]) is not int]
    assert before < times[0]
    assert times[-1] < time.time() * 1000 + 1000


@pytest.mark.looptime
async def test_each_time_is_the_one_that_was_measured() -> None:
    """Twelve moments a tenth of a second apart end up in twelve different fields."""
    names = {
        "fetch_start": "fetchStart",
        "dns_start": "domainLookUpStart",
        "dns_end": "domainLookUpEnd",
        "connect_start": "connectStart",
        "tls_start": "SSLconnectionStart",
        "connect_end": "connectEnd",
        "request_start": "requestStart",
        "request_end": "requestEnd",
        "response_start": "responseStart",
        "response_end": "responseEnd",
        "redirect_start": "redirectStart",
        "redirect_end": "redirectEnd",
    }
    offsets = {measured: at / 10 for at, measured in enumerate(names)}
    async with Bridge("mpx/wx", transport=Measured(offsets)) as bridge:
        profile = await profile_from(bridge)
        found = [profile[field] - profile["fetchStart"] for field in names.values()]
        # Each of the two times was cut to a whole millisecond.
        assert pytest.approx([100 * at for at in range(12)], abs=1) == found
        assert profile["connectEnd"] == profile["SSLconnectionEnd"]


# --- the rows


@pytest.mark.looptime
async def test_row_invoke_start_is_the_time_of_the_call() -> None:
    """A call made a second later has a time a second later."""
    async with Bridge("mpx/wx", transport=MemoryTransport()) as bridge:
        first = await profile_from(bridge)
        await asyncio.sleep(1)
        second = await profile_from(bridge)
        assert pytest.approx(1000, abs=1) == second["invokeStart"] - first["invokeStart"]


@pytest.mark.target("mpx/wx")
async def test_rows_queue_start_and_queue_end_are_equal_without_waiting(
    bridge: Bridge, upload_server: UploadServer
) -> None:
    """Below the parallel limit nothing queues."""
    outcome = await bridge.call("uploadFile", options_for(bridge, upload_server.url))
    profile = profile_of(outcome)
    assert profile["queueStart"] == profile["queueEnd"]
    assert outcome.record.times["queued"] == outcome.record.times["dequeued"]


@pytest.mark.target("mpx/wx")
async def test_rows_queue_start_and_queue_end_span_the_wait_for_a_free_slot(
    bridge: Bridge, upload_server: UploadServer
) -> None:
    """Behind ten uploads the eleventh waits until one of them has ended."""
    upload_server.hold()
    given = options_for(bridge, upload_server.url)
    calls = [asyncio.create_task(bridge.call("uploadFile", given)) for _ in range(11)]
    await upload_server.receiving(10)
    assert 10 == upload_server.in_flight
    upload_server.release()
    outcomes = await asyncio.gather(*calls)
    profiles = [times_of(outcome) for outcome in outcomes]
    assert [0] * 10 == [p["queueEnd"] - p["queueStart"] for p in profiles[:10]]
    queued, dequeued, sent = moments_of(outcomes[10], "queued", "dequeued", "send")
    assert queued < dequeued < sent
    # What is one behind the other within a millisecond may look simultaneous in whole ones.
    names = ("queueStart", "queueEnd", "fetchStart")
    order = [profiles[10][name] for name in names]
    assert sorted(order) == order


@pytest.mark.looptime
async def test_rows_queue_start_and_queue_end_show_how_long_a_call_waited() -> None:
    """With two seconds for each upload, the eleventh waits two and the 21st four."""
    async with Bridge("mpx/wx", transport=MemoryTransport(latency=1)) as bridge:
        given = options_for(bridge, URL)
        calls = [asyncio.create_task(bridge.call("uploadFile", given)) for _ in range(21)]
        profiles = [times_of(outcome) for outcome in await asyncio.gather(*calls)]
        waits = [profile["queueEnd"] - profile["queueStart"] for profile in profiles]
        assert pytest.approx([0] * 10 + [2000] * 10 + [4000], abs=1) == waits


@pytest.mark.target("mpx/wx")
async def test_rows_redirect_start_and_redirect_end_are_0_without_a_redirect(
    bridge: Bridge, upload_server: UploadServer
) -> None:
    """An answer at the first address leaves both at 0."""
    profile = await profile_from(bridge, upload_server.url)
    assert (0, 0) == (profile["redirectStart"], profile["redirectEnd"])


@pytest.mark.target("mpx/wx")
async def test_rows_redirect_start_and_redirect_end_span_redirects_within_a_domain(
    bridge: Bridge, upload_server: UploadServer
) -> None:
    """They run from the first hop to the last one, before the final fetch starts."""
    bridge.route(URL, to=upload_server.url)
    upload_server.redirect("/second")
    upload_server.redirect(f"{URL}/third")
    profile = await profile_from(bridge)
    assert ["/upload", "/second", "/third"] == [upload.path for upload in upload_server.uploads]
    assert 0 < profile["redirectStart"]
    order = [profile[n] for n in ("queueEnd", "redirectStart", "redirectEnd", "fetchStart")]
    assert sorted(order) == order


@pytest.mark.target("mpx/wx")
@pytest.mark.parametrize(
    "hops",
    [
        [f"{URL}/next", "https://other.example.com/end"],
        ["https://other.example.com/next", f"{URL}/end"],
        ["https://other.example.com/end"],
        ["https://other.example.com/next", "/end"],
        ["https://sub.example.weixin.qq.com/end"],
    ],
)
async def test_rows_redirect_start_and_redirect_end_are_0_across_domains(
    bridge: Bridge, upload_server: UploadServer, hops: list[str]
) -> None:
    """One redirect to another host name is enough for none to count."""
    for origin in (URL, "https://other.example.com", "https://sub.example.weixin.qq.com"):
        bridge.route(origin, to=upload_server.url)
    for hop in hops:
        upload_server.redirect(hop)
    profile = await profile_from(bridge)
    assert "/end" == upload_server.last.path
    assert (0, 0) == (profile["redirectStart"], profile["redirectEnd"])


@pytest.mark.looptime
async def test_row_fetch_start_is_when_the_transport_starts() -> None:
    """Fetching starts when the queue is behind, not when the call was made."""
    async with Bridge("mpx/wx", transport=MemoryTransport(latency=1)) as bridge:
        given = options_for(bridge, URL)
        calls = [asyncio.create_task(bridge.call("uploadFile", given)) for _ in range(11)]
        last = times_of((await asyncio.gather(*calls))[10])
        assert pytest.approx(2000, abs=1) == last["fetchStart"] - last["invokeStart"]
        assert last["queueEnd"] == last["fetchStart"]


@pytest.mark.target("mpx/wx")
async def test_rows_of_domain_look_up_are_measured_for_a_name(
    bridge: Bridge, upload_server: UploadServer
) -> None:
    """A host name is looked up after fetchStart and before the connection."""
    bridge.route(URL, to=upload_server.url)
    outcome = await bridge.call("uploadFile", options_for(bridge, URL))
    profile = times_of(outcome)
    names = ("fetchStart", "domainLookUpStart", "domainLookUpEnd", "connectStart")
    order = [profile[name] for name in names]
    assert sorted(order) == order
    assert "dns" in outcome.record.times


@pytest.mark.target("mpx/wx")
async def test_rows_of_domain_look_up_equal_fetch_start_for_an_address(
    bridge: Bridge, upload_server: UploadServer
) -> None:
    """An IP address needs no DNS."""
    outcome = await bridge.call("uploadFile", options_for(bridge, upload_server.url))
    profile = times_of(outcome)
    expected = (profile["fetchStart"],) * 2
    assert expected == (profile["domainLookUpStart"], profile["domainLookUpEnd"])
    assert "dns" not in outcome.record.times


@pytest.mark.target("mpx/wx")
async def test_rows_of_connect_are_measured_on_a_new_connection(
    bridge: Bridge, upload_server: UploadServer
) -> None:
    """A connection is made between the look-up and the request."""
    outcome = await bridge.call("uploadFile", options_for(bridge, upload_server.url))
    profile = times_of(outcome)
    order = [profile[n] for n in ("domainLookUpEnd", "connectStart", "connectEnd", "requestStart")]
    assert sorted(order) == order
    assert "connect" in outcome.record.times


@pytest.mark.target("mpx/wx")
async def test_rows_of_look_up_and_connect_equal_fetch_start_on_a_reused_connection(
    bridge: Bridge, upload_server: UploadServer
) -> None:
    """A persistent connection is neither looked up nor connected again."""
    bridge.route(URL, to=upload_server.url)
    await profile_from(bridge)
    profile = await profile_from(bridge)
    names = ("domainLookUpStart", "domainLookUpEnd", "connectStart", "connectEnd")
    assert [profile["fetchStart"]] * 4 == [profile[name] for name in names]


@pytest.mark.target("mpx/wx")
async def test_rows_of_ssl_connection_are_0_without_tls(
    bridge: Bridge, upload_server: UploadServer
) -> None:
    """A plain connection has no handshake, and there is nothing to excuse in the record."""
    outcome = await bridge.call("uploadFile", options_for(bridge, upload_server.url))
    profile = profile_of(outcome)
    assert (0, 0) == (profile["SSLconnectionStart"], profile["SSLconnectionEnd"])
    assert [] == [name for name in outcome.record.not_emulated if "SSL" in name]


@pytest.mark.target("mpx/wx")
async def test_rows_of_ssl_connection_are_0_and_recorded_for_https_routed_to_a_plain_server(
    bridge: Bridge, upload_server: UploadServer
) -> None:
    """A route that takes TLS away says so in the record."""
    bridge.route(URL, to=upload_server.url)
    outcome = await bridge.call("uploadFile", options_for(bridge, URL))
    profile = profile_of(outcome)
    assert (0, 0) == (profile["SSLconnectionStart"], profile["SSLconnectionEnd"])
    expected = {"profile.SSLconnectionStart", "profile.SSLconnectionEnd"}
    assert expected <= set(outcome.record.not_emulated)


async def test_rows_of_ssl_connection_are_measured_over_tls() -> None:
    """The handshake starts within the connecting and ends with it."""
    authority = trustme.CA()
    served = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("example.weixin.qq.com").configure_cert(served)
    trusting = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    authority.configure_trust(trusting)
    async with (
        UploadServer(ssl=served) as server,
        Bridge("mpx/wx", transport=HttpTransport(ssl=trusting)) as bridge,
    ):
        bridge.route(URL, to=server.url)
        outcome = await bridge.call("uploadFile", options_for(bridge, URL))
        profile = times_of(outcome)
        names = ("connectStart", "SSLconnectionStart", "SSLconnectionEnd", "requestStart")
        order = [profile[name] for name in names]
        assert 0 < order[0]
        assert sorted(order) == order
        assert profile["connectEnd"] == profile["SSLconnectionEnd"]
        assert "tls" in outcome.record.times
        assert [] == [name for name in outcome.record.not_emulated if "SSL" in name]


@pytest.mark.target("mpx/wx")
async def test_rows_of_request_and_response_follow_each_other(
    bridge: Bridge, upload_server: UploadServer
) -> None:
    """A held answer shows: the request has ended before the response starts."""
    upload_server.hold()
    call = asyncio.create_task(
        bridge.call("uploadFile", options_for(bridge, upload_server.url, b"x" * 100_000))
    )
    await upload_server.received(1)
    upload_server.release()
    outcome = await call
    profile = times_of(outcome)
    order = [
        profile[name] for name in ("requestStart", "requestEnd", "responseStart", "responseEnd")
    ]
    assert sorted(order) == order
    send, sent, first_byte = moments_of(outcome, "send", "sent", "first_byte")
    assert send < sent < first_byte


@pytest.mark.looptime
@pytest.mark.parametrize(("seconds", "expected"), [(0.0416, 42), (0.0004, 0)])
async def test_row_rtt_is_the_connections_round_trip_in_whole_milliseconds(
    seconds: float, expected: int
) -> None:
    """What the transport measured, rounded."""
    measured = Measured({"fetch_start": 0.0}, rtt=seconds * 1000)
    async with Bridge("mpx/wx", transport=measured) as bridge:
        assert expected == (await profile_from(bridge))["rtt"]


@pytest.mark.target("mpx/wx")
async def test_row_rtt_of_loopback_is_below_a_second(
    bridge: Bridge, upload_server: UploadServer
) -> None:
    """A real transfer on one machine has a round trip of next to nothing."""
    assert (await profile_from(bridge, upload_server.url))["rtt"] in range(1000)


@pytest.mark.target("mpx/wx")
@pytest.mark.parametrize(("field", "value"), PLACEHOLDERS.items())
async def test_rows_of_estimates_are_0_and_recorded_as_not_emulated(
    bridge: Bridge, upload_server: UploadServer, field: str, value: object
) -> None:
    """What one call cannot measure is a placeholder, and the record names it."""
    outcome = await bridge.call("uploadFile", options_for(bridge, upload_server.url))
    assert value == profile_of(outcome)[field]
    assert f"profile.{field}" in outcome.record.not_emulated


@pytest.mark.target("mpx/wx")
async def test_only_the_placeholders_are_recorded_as_not_emulated(
    bridge: Bridge, upload_server: UploadServer
) -> None:
    """Everything else in the profile was measured."""
    outcome = await bridge.call("uploadFile", options_for(bridge, upload_server.url))
    assert [f"profile.{name}" for name in PLACEHOLDERS] == outcome.record.not_emulated


@pytest.mark.looptime
async def test_row_throughput_kbps_is_what_was_received_per_second() -> None:
    """125 000 bytes in one second are 1000 kilobits per second."""
    times = {"fetch_start": 0.0, "response_start": 1.0, "response_end": 2.0}
    async with Bridge("mpx/wx", transport=Measured(times, received_bytes=125_000)) as bridge:
        assert 1000 == (await profile_from(bridge))["throughputKbps"]


@pytest.mark.looptime
async def test_row_throughput_kbps_is_0_for_an_answer_that_took_no_time() -> None:
    """Nothing is divided by zero."""
    times = {"fetch_start": 0.0, "response_start": 1.0, "response_end": 1.0}
    async with Bridge("mpx/wx", transport=Measured(times, received_bytes=125_000)) as bridge:
        assert 0 == (await profile_from(bridge))["throughputKbps"]


@pytest.mark.target("mpx/wx")
async def test_row_throughput_kbps_is_measured_on_a_real_answer(
    bridge: Bridge, upload_server: UploadServer
) -> None:
    """A megabyte over loopback arrives at a measurable rate."""
    upload_server.reply(body=b"x" * 1_000_000)
    assert 0 < (await profile_from(bridge, upload_server.url))["throughputKbps"]


@pytest.mark.target("mpx/wx")
async def test_rows_peer_ip_and_port_are_those_that_were_dialled(
    bridge: Bridge, upload_server: UploadServer
) -> None:
    """The address is the server's own, whatever the URL says."""
    bridge.route(URL, to=upload_server.url)
    profile = profile_of(await bridge.call("uploadFile", options_for(bridge, URL)))
    assert ("127.0.0.1", int(upload_server.url.rpartition(":")[2])) == (
        profile["peerIP"],
        profile["port"],
    )


@pytest.mark.target("mpx/wx")
async def test_row_socket_reused_is_true_from_the_second_call_on(
    bridge: Bridge, upload_server: UploadServer
) -> None:
    """The first call opens the connection that the second one uses again."""
    given = options_for(bridge, upload_server.url)
    first = profile_of(await bridge.call("uploadFile", given))
    second = profile_of(await bridge.call("uploadFile", given))
    assert (False, True) == (first["socketReused"], second["socketReused"])
    assert (first["peerIP"], first["port"]) == (second["peerIP"], second["port"])


@pytest.mark.target("mpx/wx")
@pytest.mark.parametrize("size", [0, 1, 300_000])
async def test_row_send_bytes_count_is_what_the_server_read(
    bridge: Bridge, counting_server: tuple[str, list[int]], size: int
) -> None:
    """Head and body are counted to the byte."""
    url, counts = counting_server
    profile = await profile_from(bridge, url, b"x" * size)
    assert counts == [profile["sendBytesCount"]]


@pytest.mark.target("mpx/wx")
async def test_row_send_bytes_count_adds_up_over_redirects(
    bridge: Bridge, upload_server: UploadServer
) -> None:
    """Both bodies of a redirected upload were sent."""
    upload_server.redirect("/again")
    profile = await profile_from(bridge, upload_server.url, b"x" * 1000)
    assert 2 * upload_server.last.size < profile["sendBytesCount"]


@pytest.mark.target("mpx/wx")
async def test_row_received_byted_count_is_what_the_server_sent(
    bridge: Bridge, counting_server: tuple[str, list[int]]
) -> None:
    """Status line, headers and body are counted to the byte, under the page's odd spelling."""
    profile = await profile_from(bridge, counting_server[0])
    assert len(ANSWER) == profile["receivedBytedCount"]


@pytest.mark.target("mpx/wx")
async def test_row_protocol_is_http_1_1(bridge: Bridge, upload_server: UploadServer) -> None:
    """Of the page's four values this is the one that is really spoken."""
    given = options_for(bridge, upload_server.url)
    for more in ({}, {"enableHttp2": True}, {"enableQuic": True}):
        profile = profile_of(await bridge.call("uploadFile", {**given, **more}))
        assert "http1.1" == profile["protocol"]


@pytest.mark.target("mpx/wx")
async def test_row_using_high_performance_mode_is_false_even_when_asked_for(
    bridge: Bridge, upload_server: UploadServer
) -> None:
    """The mode is not emulated, and is not claimed either."""
    given = options_for(bridge, upload_server.url) | {"useHighPerformanceMode": True}
    profile = profile_of(await bridge.call("uploadFile", given))
    assert profile["usingHighPerformanceMode"] is False
