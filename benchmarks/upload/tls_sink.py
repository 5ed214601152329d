"""
A server that counts what arrives over TLS: `python -m benchmarks.upload.tls_sink AUTHORITY`.

It writes its authority's certificate to AUTHORITY, prints its port, and answers as `sink count`
does. Each connection has a thread, so that decryption does not wait for anything else.
"""

from __future__ import annotations

import re
import socket
import ssl
import sys
import threading
from dataclasses import dataclass, field
from typing import Final

import trustme

_BUFFER: Final = 1 << 20
_END: Final = b"\r\n\r\n"
_LENGTH: Final = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
_GO_ON: Final = b"HTTP/1.1 100 Continue\r\n\r\n"


@dataclass(slots=True)
class Totals:
    """The bodies that arrived in full since somebody asked."""

    uploads: int = 0
    size: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, size: int) -> None:
        """Count one body."""
        with self.lock:
            self.uploads += 1
            self.size += size

    def take(self) -> bytes:
        """Return the totals as JSON, and start anew."""
        with self.lock:
            text = f'{{"uploads":{self.uploads},"bytes":{self.size}}}'
            self.uploads = self.size = 0
        return text.encode()


def serve(connection: socket.socket, context: ssl.SSLContext, totals: Totals) -> None:
    """Serve one connection until the client leaves it."""
    try:
        with context.wrap_socket(connection, server_side=True) as tls:
            while _exchange(tls, totals):
                pass
    except (OSError, ssl.SSLError):
        connection.close()


def _exchange(tls: ssl.SSLSocket, totals: Totals) -> bool:
    """Take one request and answer it; False when there is none."""
    received = b""
    while _END not in received:
        piece = tls.recv(_BUFFER)
        if not piece:
            return False
        received += piece
    head, _, rest = received.partition(_END)
    length = _LENGTH.search(head)
    if length is None:
        _answer(tls, totals.take())
        return True
    if b"100-continue" in head.lower():
        tls.sendall(_GO_ON)
    if not _read(tls, int(length[1]) - len(rest)):
        return False
    totals.add(int(length[1]))
    _answer(tls, b'{"size":%d}' % int(length[1]))
    return True


def _read(tls: ssl.SSLSocket, size: int) -> bool:
    """Read so many bytes; False if the client leaves before."""
    buffer = bytearray(_BUFFER)
    while size > 0:
        count = tls.recv_into(buffer)
        if not count:
            return False
        size -= count
    return True


def _answer(tls: ssl.SSLSocket, body: bytes) -> None:
    tls.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body))


def main() -> None:
    """Serve until killed."""
    authority = trustme.CA()
    authority.cert_pem.write_to_path(sys.argv[1])
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("api.example.com", "localhost", "127.0.0.1").configure_cert(context)
    totals = Totals()
    with socket.create_server(("127.0.0.1", 0)) as listener:
        print(listener.getsockname()[1], flush=True)
        while True:
            connection, _ = listener.accept()
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            arguments = (connection, context, totals)
            threading.Thread(target=serve, args=arguments, daemon=True).start()


if __name__ == "__main__":
    main()
