"""What aiohttp or the system raised -> the platform-neutral reason of a failure, and its words."""

from __future__ import annotations

import errno
import ssl

import aiohttp
from aiohttp.http import HttpProcessingError

from bridge.reasons import Reason
from bridge.transport.dial import NeverDialledError

# The first entry an exception is an instance of decides, so subclasses stand before their bases.
REASONS: tuple[tuple[type[Exception], Reason], ...] = (
    (NeverDialledError, Reason.DNS_FAILURE),
    (aiohttp.ClientConnectorDNSError, Reason.DNS_FAILURE),
    (aiohttp.ClientConnectorCertificateError, Reason.TLS_FAILURE),
    (aiohttp.ClientSSLError, Reason.TLS_FAILURE),
    (aiohttp.ServerFingerprintMismatch, Reason.TLS_FAILURE),
    (ssl.SSLError, Reason.TLS_FAILURE),
    (ConnectionRefusedError, Reason.CONNECTION_REFUSED),
    (aiohttp.ServerTimeoutError, Reason.TIMEOUT),
    (TimeoutError, Reason.TIMEOUT),
    (aiohttp.ServerDisconnectedError, Reason.CONNECTION_RESET),
    (ConnectionError, Reason.CONNECTION_RESET),
    (aiohttp.TooManyRedirects, Reason.TOO_MANY_REDIRECTS),
    (aiohttp.RedirectClientError, Reason.BAD_RESPONSE),
    (aiohttp.InvalidURL, Reason.BAD_URL),
    (aiohttp.NonHttpUrlClientError, Reason.UNSUPPORTED_SCHEME),
    (aiohttp.ClientPayloadError, Reason.BAD_RESPONSE),
    (aiohttp.ClientResponseError, Reason.BAD_RESPONSE),
    (HttpProcessingError, Reason.BAD_RESPONSE),
    (aiohttp.ClientError, Reason.INTERNAL),
    (ValueError, Reason.BAD_PARAMETER),
    (Exception, Reason.INTERNAL),
)
_ERRNO_REASONS = {
    errno.ECONNREFUSED: Reason.CONNECTION_REFUSED,
    errno.ECONNRESET: Reason.CONNECTION_RESET,
    errno.ECONNABORTED: Reason.CONNECTION_RESET,
    errno.EPIPE: Reason.CONNECTION_RESET,
    errno.ETIMEDOUT: Reason.TIMEOUT,
}
# The numbers of OpenSSL's X509_V_ERR_*, which `ssl` passes on and does not name.
_VERDICTS = {
    9: "expired",  # not valid yet
    10: "expired",
    18: "untrusted",  # signed by itself
    19: "untrusted",  # signed by itself, at the end of its chain
    20: "untrusted",  # an issuer nobody here knows
    21: "untrusted",  # the same, of a chain of one
    62: "wrong_name",
    64: "wrong_name",  # of an address
}
_OLD_PROTOCOL = {"UNSUPPORTED_PROTOCOL", "TLSV1_ALERT_PROTOCOL_VERSION", "NO_PROTOCOLS_AVAILABLE"}


def reason_of(error: Exception) -> Reason:
    """Return the platform-neutral reason of what aiohttp or the system raised."""
    reason = next(reason for kind, reason in REASONS if isinstance(error, kind))
    if reason is not Reason.INTERNAL or not isinstance(error, OSError):
        return reason
    if isinstance(error, aiohttp.ClientConnectorError):
        return reason_of(error.os_error)
    return _ERRNO_REASONS.get(error.errno or 0, Reason.INTERNAL)


def cause_of(error: Exception) -> str | None:
    """Return why no secure connection came about, one of `TLS_CAUSES`; None where it is unknown."""
    if isinstance(error, aiohttp.ClientConnectorCertificateError):
        return _of_certificate(error.certificate_error)
    found = error.os_error if isinstance(error, aiohttp.ClientConnectorError) else error
    if isinstance(found, ssl.SSLCertVerificationError):
        return _of_certificate(found)
    old = isinstance(found, ssl.SSLError) and found.reason in _OLD_PROTOCOL
    return "old_protocol" if old else None


def _of_certificate(error: Exception) -> str | None:
    """Name what the verifier holds against a certificate, by its own number for that."""
    return _VERDICTS.get(getattr(error, "verify_code", 0))


def words_of(error: Exception) -> str:
    """Return an exception's own words; a certificate's problem in the verifier's."""
    if isinstance(error, aiohttp.ClientConnectorCertificateError):
        certificate = error.certificate_error
        return getattr(certificate, "verify_message", "") or str(certificate)
    if isinstance(error, aiohttp.ClientConnectorError):
        return error.os_error.strerror or str(error.os_error)
    return str(error) or type(error).__name__
