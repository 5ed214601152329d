"""The network a mini-program meets: conditions a test switches on and off by name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bridge.errors import BridgeError
from bridge.reasons import Reason
from bridge.transport import Cut, TransportFailure

if TYPE_CHECKING:
    from collections.abc import Callable

    from bridge.rules import Address

_PERCENT_MAX = 100


class Network:
    """
    Standing conditions; each holds until another replaces it, or `clear()`.

    Conditions are met by the calls that start sending after they are set.
    """

    def __init__(self) -> None:
        self._down: Reason | None = None
        self._cut: Cut | None = None
        self._watchers: list[Callable[[], None]] = []

    @property
    def connected(self) -> bool:
        """Tell whether the phone has a network at all."""
        return self._down is not Reason.OFFLINE

    def watch(self, changed: Callable[[], None]) -> None:
        """Have a function called each time the phone loses its network or gets one."""
        self._watchers.append(changed)

    @property
    def cut(self) -> Cut | None:
        """Where an upload that starts now will end, if it will."""
        return self._cut

    @property
    def conditions(self) -> tuple[str, ...]:
        """The conditions in force, in words, as the record lists them."""
        cut = self._cut
        words = [str(self._down)] if self._down else []
        if cut is not None:
            at = f"{cut.after} bytes" if cut.after is not None else f"{cut.percent:g} %"
            words.append(f"{cut.kind} after {at}")
        return tuple(words)

    def offline(self) -> None:
        """Lose the network: every upload fails as the host says it does without one."""
        self._set(Reason.OFFLINE)

    def online(self) -> None:
        """Have a network again; a cut that was set stays."""
        self._set(None)

    def dns_failure(self) -> None:
        """Make no name resolve."""
        self._set(Reason.DNS_FAILURE)

    def refuse(self) -> None:
        """Make every connection refused."""
        self._set(Reason.CONNECTION_REFUSED)

    def reset_after(self, *, bytes: int | None = None, percent: float | None = None) -> None:  # noqa: A002  the word a caller expects
        """Reset the connection once so much of the body has left."""
        self._cut = _cut(bytes, percent, "reset")

    def stall_after(self, *, bytes: int | None = None, percent: float | None = None) -> None:  # noqa: A002
        """Let nothing through once so much of the body has left: the call runs into its timeout."""
        self._cut = _cut(bytes, percent, "stall")

    def clear(self) -> None:
        """Return to a network that works."""
        self._cut = None
        self._set(None)

    def judge(self, address: Address | None) -> None:
        """Raise `TransportFailure` when the network does not reach this address now."""
        if self._down is not None and address is not None:
            port = address.port
            detail = {"host": address.host, "ip": address.host, "port": port, "detail": "simulated"}
            raise TransportFailure(self._down, detail)

    def _set(self, down: Reason | None) -> None:
        before, self._down = self.connected, down
        if before != self.connected:
            for changed in self._watchers:
                changed()


def _cut(after: int | None, percent: float | None, kind: str) -> Cut:
    if (after is None) == (percent is None):
        message = "give either bytes= or percent="
        raise BridgeError(message)
    if after is not None and after < 0:
        message = f"bytes={after} is negative"
        raise BridgeError(message)
    if percent is not None and not 0 <= percent <= _PERCENT_MAX:
        message = f"percent={percent} is not between 0 and 100"
        raise BridgeError(message)
    return Cut(after, percent, "stall" if kind == "stall" else "reset")
