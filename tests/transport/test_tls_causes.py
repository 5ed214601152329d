"""Real handshakes that fail, and what each host says of the cause."""

from __future__ import annotations

import datetime as dt
import socket
import ssl
import warnings
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

import pytest

from bridge import Bridge, BridgeError
from bridge.reasons import TLS_CAUSES, Reason
from bridge.transport.http import HttpTransport
from bridge.transport.memory import MemoryTransport

if TYPE_CHECKING:
    from collections.abc import Iterator

    import trustme

NAME = "api.example.com"
ORIGIN = f"https://{NAME}"


def old_protocol(context: ssl.SSLContext) -> None:
    """Let a server speak nothing newer than TLS 1.1, which OpenSSL has to be talked into."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        context.minimum_version = ssl.TLSVersion.TLSv1
        context.maximum_version = ssl.TLSVersion.TLSv1_1
    context.set_ciphers("DEFAULT@SECLEVEL=0")


def server_with(cause: str, authority: trustme.CA) -> ssl.SSLContext:
    """Return the TLS side of a server that a client has this against."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    name = "other.example.com" if cause == "wrong_name" else NAME
    ended = dt.datetime.now(dt.UTC) - dt.timedelta(days=1) if cause == "expired" else None
    authority.issue_cert(name, not_after=ended).configure_cert(context)
    if cause == "old_protocol":
        old_protocol(context)
    return context


def client_for(cause: str, authority: trustme.CA) -> ssl.SSLContext:
    """Return a client's side, which knows the authority unless that is the point."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    if cause != "untrusted":
        authority.configure_trust(context)
    return context


@contextmanager
def handshaking(context: ssl.SSLContext) -> Iterator[int]:
    """
    Shake hands with one client, and yield the port.

    A thread does it: what asyncio's own server has to say of a failed handshake it never sends.
    """
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(30)

        def shake_hands() -> None:
            connection, _ = listener.accept()
            connection.settimeout(30)
            with connection, suppress(OSError), context.wrap_socket(connection, server_side=True):
                pass

        with ThreadPoolExecutor(1) as pool:
            shaken = pool.submit(shake_hands)
            yield listener.getsockname()[1]
            shaken.result()


async def failed(bridge: Bridge) -> tuple[Reason | None, str]:
    """Upload to the origin; return the reason and the host's text."""
    path = bridge.files.add("a.png", b"picture")
    options = {"url": f"{ORIGIN}/", "filePath": path, "name": "f", "fileType": "image"}
    outcome = await bridge.call("uploadFile", options)
    assert not outcome.ok
    return outcome.reason, str(outcome.result.get("errMsg", outcome.result))


TOLD = {"wx"}
"""The targets that have a text of their own for each cause."""


@pytest.mark.parametrize("target", ["wx", "my", "tt:feishu", "uni/h5"])
@pytest.mark.parametrize("cause", TLS_CAUSES)
async def test_a_handshake_that_fails_and_its_condition_read_alike(
    authority: trustme.CA, cause: str, target: str
) -> None:
    """What a real server brings about is what `network.tls` brings about without one."""
    transport = HttpTransport(ssl=client_for(cause, authority))
    with handshaking(server_with(cause, authority)) as port:
        async with Bridge(target, transport=transport) as bridge:
            bridge.route(ORIGIN, to=f"https://127.0.0.1:{port}")
            real = await failed(bridge)
            told = bridge.calls[-1].decisions.rules()[-1]
            assert told == (f"tls_failure.{cause}" if target in TOLD else "tls_failure")
    async with Bridge(target, transport=MemoryTransport()) as bridge:
        bridge.network.tls(cause)
        simulated = await failed(bridge)
        assert (f"tls_failure {cause}",) == bridge.calls[-1].conditions
    assert Reason.TLS_FAILURE == real[0] == simulated[0]
    assert real[1] == simulated[1]


@pytest.mark.parametrize(
    ("cause", "text"),
    [
        ("expired", "-201:net::ERR_CERT_DATE_INVALID"),
        ("wrong_name", "-200:net::ERR_CERT_COMMON_NAME_INVALID"),
        ("untrusted", "-202:net::ERR_CERT_AUTHORITY_INVALID"),
        ("old_protocol", "-113:net::ERR_SSL_VERSION_OR_CIPHER_MISMATCH"),
    ],
)
async def test_wechat_names_the_cause_as_chromium_does(cause: str, text: str) -> None:
    """A number and a name for each."""
    async with Bridge("wx", transport=MemoryTransport()) as bridge:
        bridge.network.apply(f"tls:{cause}")
        assert (Reason.TLS_FAILURE, f"uploadFile:fail upload fail:{text}") == await failed(bridge)


@pytest.mark.parametrize(
    ("cause", "text"),
    [
        ("expired", "Error: certificate has expired"),
        (
            "wrong_name",
            (
                "Error [ERR_TLS_CERT_ALTNAME_INVALID]: Hostname mismatch, "
                "certificate is not valid for 'api.example.com'."
            ),
        ),
        ("old_protocol", "Error: write EPROTO unsupported protocol"),
    ],
)
async def test_the_tools_hand_on_what_node_says(cause: str, text: str) -> None:
    """Node in turn hands on the words of its TLS library."""
    async with Bridge("wx:devtools", transport=MemoryTransport()) as bridge:
        bridge.network.tls(cause)
        assert f"uploadFile:fail {text}" == (await failed(bridge))[1]


async def test_a_plain_address_has_no_tls_to_fail() -> None:
    """The condition is met by https alone."""
    async with Bridge("uni/h5", transport=MemoryTransport()) as bridge:
        bridge.network.tls("expired")
        path = bridge.files.add("a.png", b"x")
        options = {"url": "http://api.example.com/", "filePath": path, "name": "f"}
        assert (await bridge.call("uploadFile", options)).ok


async def test_another_condition_takes_the_place_of_a_cause() -> None:
    """A network is down in one way at a time."""
    async with Bridge("wx", transport=MemoryTransport()) as bridge:
        bridge.network.tls("expired")
        bridge.network.refuse()
        assert Reason.CONNECTION_REFUSED == (await failed(bridge))[0]
        bridge.network.clear()
        assert () == bridge.network.conditions


@pytest.mark.parametrize("apply", [False, True])
async def test_an_unknown_cause_is_told_at_once(apply: bool) -> None:  # noqa: FBT001  a parameter
    """With what there is."""
    async with Bridge("wx") as bridge:
        with pytest.raises(BridgeError, match="expird"):
            bridge.network.apply("tls:expird") if apply else bridge.network.tls("expird")
