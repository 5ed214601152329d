"""The network a mini-program meets: conditions a test switches on and off by name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, Protocol

from bridge.conditions import PERCENT_MAX, Slow, Step, at_of, condition, preset_named, read
from bridge.errors import BridgeError
from bridge.reasons import TLS_CAUSES, Reason
from bridge.registry import unknown
from bridge.transport import Cut, TransportFailure

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from bridge.conditions import Kind, Preset
    from bridge.rules import Address
    from bridge.timeline import Timeline
    from bridge.transport.shaping import Link, Passage


class Witness(Protocol):
    """Who has to know when conditions change while calls are on their way."""

    def changed(self, why: str) -> None:
        """Other conditions are in force; `why` names the step of a script that changed them."""

    def interrupted(self, reason: Reason, why: str) -> None:
        """Every connection is gone."""

    def hidden(self) -> None:
        """The mini-program went to the background."""

    def shown(self) -> None:
        """The mini-program came back."""


class Network:
    """
    Standing conditions; each holds until another of its kind replaces it, or `clear()`.

    Failures are met by the calls that start sending after they are set; speed and a stall also by
    what is on its way, from its next piece on. Losing the network, a switch, a reset and the
    background end what is on its way.

    Args:
        seed: makes the jitter repeat.
    """

    def __init__(self, seed: int = 0) -> None:
        self._seed = seed
        self._down: Reason | None = None
        self._tls_cause = ""
        self._cut: Cut | None = None
        self._slow: tuple[str, Slow] | None = None
        self._preset: Preset | None = None
        self._stalled = False
        self._link: Link | None = None
        self._shaping = False
        self._timeline: Timeline | None = None
        self._words: tuple[str, ...] | None = ()
        self._watchers: list[Callable[[], None]] = []
        self._witnesses: list[Witness] = []
        self.background_now = False
        """Whether the mini-program is in the background."""
        self.lost = 0
        """How often every connection was lost so far."""

    # --- what is in force

    @property
    def connected(self) -> bool:
        """Tell whether the phone has a network at all."""
        return self._down is not Reason.OFFLINE

    @property
    def kind(self) -> Kind:
        """What the phone calls its network."""
        if not self.connected:
            return "none"
        return "wifi" if self._preset is None else self._preset.kind

    @property
    def estimate(self) -> int:
        """The network as WeChat's `estimate_nettype` counts it; 0 unless a preset is in force."""
        return 0 if self._preset is None else self._preset.estimate

    @property
    def cut(self) -> Cut | None:
        """Where an upload that starts now will end, if it will."""
        return self._cut

    @property
    def conditions(self) -> tuple[str, ...]:
        """The conditions in force, in words, as the record lists them."""
        if self._words is None:
            self._words = self._worded()
        return self._words

    def _worded(self) -> tuple[str, ...]:
        words = [" ".join((str(self._down), self._tls_cause)).rstrip()] if self._down else []
        if self._slow is not None:
            name, slow = self._slow
            words.append(f"{name} ({slow})")
        if self._cut is not None:
            at = self._cut
            where = f"{at.after} bytes" if at.after is not None else f"{at.percent:g} %"
            words.append(f"{at.kind} after {where}")
        words += ["stalled"] * self._stalled + ["background"] * self.background_now
        return tuple(words)

    # --- failures

    def offline(self) -> None:
        """Lose the network: every upload fails as the host says it does without one."""
        self._set(Reason.OFFLINE, self._preset)
        self._interrupt(Reason.OFFLINE, "the network was lost")

    def online(self) -> None:
        """Have a network again, and one that moves; a cut that was set stays."""
        self._stall(stalled=False)
        self._set(None, self._preset)

    def dns_failure(self) -> None:
        """Make no name resolve."""
        self._set(Reason.DNS_FAILURE, self._preset)

    def refuse(self) -> None:
        """Make every connection refused."""
        self._set(Reason.CONNECTION_REFUSED, self._preset)

    def tls(self, cause: str) -> None:
        """
        Let no secure connection come about, for a cause that hosts tell apart.

        Args:
            cause: `expired`, `wrong_name`, `untrusted` or `old_protocol`.

        Raises:
            BridgeError: another cause.
        """
        if cause not in _TLS_WORDS:
            raise BridgeError(unknown("cause of a TLS failure", cause, [*_TLS_WORDS]))
        self._set(Reason.TLS_FAILURE, self._preset, cause)

    def reset_after(self, *, bytes: int | None = None, percent: float | None = None) -> None:  # noqa: A002  the word a caller expects
        """Reset the connection of each upload once so much of its body has left."""
        self._cut = _cut_at(bytes, percent, "reset")
        self._changed()

    def stall_after(self, *, bytes: int | None = None, percent: float | None = None) -> None:  # noqa: A002
        """Let nothing through once so much of a body has left: the call runs into its timeout."""
        self._cut = _cut_at(bytes, percent, "stall")
        self._changed()

    def reset(self) -> None:
        """Reset every connection that is open now; the next ones work."""
        self._interrupt(Reason.CONNECTION_RESET, "the connection was reset")

    def stall(self) -> None:
        """Let nothing through in either direction, as in a tunnel, until `online()`."""
        self._stall(stalled=True)
        self._changed()

    # --- speed and kind

    def slow(
        self,
        preset: str | None = None,
        *,
        up: float | None = None,
        down: float | None = None,
        latency: float = 0.0,
        jitter: float = 0.0,
    ) -> None:
        """
        Be slow: as one of the presets (`weak`, `2g`, `3g`, `4g`, `wifi`), or by figures.

        A preset is also what the phone calls its network. All calls share the bandwidth.

        Args:
            preset: the name of a preset, without any figures.
            up: bytes a second that leave; None for no limit.
            down: bytes a second that arrive; None for no limit.
            latency: seconds that connecting, a TLS handshake and the first byte of an answer each
                take longer.
            jitter: seconds by which each of these differs at most; drawn from the Bridge's seed.

        Raises:
            BridgeError: no such preset, or figures that are none.
        """
        figures = Slow(up, down, latency, jitter)
        if preset is None:
            self._shape("slow", figures)
        elif figures == Slow():
            self._use(preset)
        else:
            message = "give either a preset or figures"
            raise BridgeError(message)

    def switch(self, preset: str = "4g") -> None:
        """Change to another network, as out of the house: what is on its way loses its line."""
        found = preset_named(preset)
        self._interrupt(Reason.NETWORK_CHANGED, f"the network changed to {found.kind}")
        self._use(preset)

    # --- the mini-program

    def background(self) -> None:
        """Leave the mini-program: what is unfinished goes on for as long as the host lets it."""
        if not self.background_now:
            self.background_now = True
            self._changed()
            for witness in self._witnesses:
                witness.hidden()

    def foreground(self) -> None:
        """Come back to the mini-program."""
        if self.background_now:
            self.background_now = False
            self._words = None
            for witness in self._witnesses:
                witness.shown()

    # --- several

    def apply(self, text: str) -> None:
        """
        Set conditions as they are written on the command line, such as `3g,offline@40%`.

        What has an `@` becomes a script, and replaces the one before. An empty text sets nothing.

        Raises:
            BridgeError: a word that is no condition, or a time or place that is none.
        """
        at_once, steps = read(text)
        for each in at_once:
            each.set(self)
        if steps:
            self._play(steps)

    def script(self, steps: Iterable[tuple[object, str]]) -> None:
        """
        Let conditions follow each other: `[(0, "3g"), ("40%", "offline"), ("+5s", "online")]`.

        Each step waits for the one before it and happens once. The clock starts with the first
        upload or request that is made; a place in a body is that of the first which gets so far.

        Args:
            steps: pairs of when and what. When is a number of seconds, or a text: `2s`, `500ms`,
                `+5s` (after the step before), `40%`, `64kB`. What is a condition as `apply` takes.

        Raises:
            BridgeError: a word that is no condition, or a time or place that is none.
        """
        self._play([Step(at_of(at), condition(what)) for at, what in steps])

    def clear(self) -> None:
        """Return to a network that works, in the foreground, and end a script."""
        self.close()
        self._cut = None
        self._stall(stalled=False)
        self.foreground()
        self._slow = None
        if self._link is not None:
            self._link.shape(None)
        self._shaping = False
        self._set(None, None)

    def close(self) -> None:
        """Let no further step of a script happen."""
        if self._timeline is not None:
            self._timeline.stop()
            self._timeline = None

    # --- what calls and phone ask

    def watch(self, changed: Callable[[], None]) -> None:
        """Have a function called each time the phone loses its network or gets another one."""
        self._watchers.append(changed)

    def attend(self, witness: Witness) -> None:
        """Have someone told of what happens to calls on their way."""
        self._witnesses.append(witness)

    def begin(self) -> None:
        """Start the clock of a script, if one waits for its first call."""
        if self._timeline is not None:
            self._timeline.begin()

    def judge(self, address: Address | None) -> None:
        """Raise `TransportFailure` when the network does not reach this address now."""
        if self._down is None or address is None:
            return
        if self._down is not Reason.TLS_FAILURE:
            raise TransportFailure(self._down, detail_of(address, "simulated"))
        if address.scheme == "https":
            cause = self._tls_cause
            told = detail_of(address, _TLS_WORDS[cause].format(host=address.host))
            raise TransportFailure(self._down, {**told, "cause": cause})

    def passage(self, number: int) -> Passage | None:
        """Return the way of a call through what slows it or may change; None for a free one."""
        if self._link is None or not self._shaping:
            return None
        from bridge.transport.shaping import Passage  # noqa: PLC0415  it takes asyncio to import

        return Passage(self._link, self, number)

    def mark(self, total: int) -> int | None:
        """Return the byte of a body at which the script goes on; None for none."""
        return None if self._timeline is None else self._timeline.mark(total)

    def reach(self) -> None:
        """Have the script go on at such a byte."""
        if self._timeline is not None:
            self._timeline.reach()

    # --- how

    def _play(self, steps: list[Step]) -> None:
        from bridge.timeline import Timeline  # noqa: PLC0415  it takes asyncio to import

        self.close()
        while steps and steps[0].at.timed and not steps[0].at.value:
            steps.pop(0).condition.set(self)
        self._linked()
        self._timeline = Timeline(steps, self._act)

    def _act(self, step: Step) -> None:
        self._changed(f"{step.condition.words} at {step.at}")
        step.condition.set(self)

    def _linked(self) -> Link:
        self._shaping = True
        if self._link is None:
            from bridge.transport.shaping import Link  # noqa: PLC0415  it takes asyncio to import

            self._link = Link(self._seed)
            self._link.broken = self.lost
        return self._link

    def _use(self, name: str) -> None:
        preset = preset_named(name)
        self._shape(name, preset.slow)
        self._set(self._down, preset, self._tls_cause)

    def _shape(self, name: str, slow: Slow) -> None:
        self._slow = name, slow
        self._linked().shape(slow)
        self._changed()

    def _stall(self, *, stalled: bool) -> None:
        self._stalled = stalled
        if stalled:
            self._linked().stall(stalled=True)
        elif self._link is not None:
            self._link.stall(stalled=False)

    def _interrupt(self, reason: Reason, why: str) -> None:
        self.lost += 1
        if self._link is not None:
            self._link.broken = self.lost
        for witness in self._witnesses:
            witness.interrupted(reason, why)

    def _set(self, down: Reason | None, preset: Preset | None, cause: str = "") -> None:
        before = self.kind
        self._down, self._preset, self._tls_cause = down, preset, cause
        self._changed()
        if before != self.kind:
            for changed in self._watchers:
                changed()

    def _changed(self, why: str = "") -> None:
        self._words = None
        for witness in self._witnesses:
            witness.changed(why)


_TLS_WORDS = dict(
    zip(
        TLS_CAUSES,
        (
            "certificate has expired",
            "Hostname mismatch, certificate is not valid for '{host}'.",
            "self-signed certificate",
            "unsupported protocol",
        ),
        strict=True,
    )
)
"""OpenSSL's words for each cause, which some hosts hand on."""


def _cut_at(after: int | None, percent: float | None, kind: Literal["reset", "stall"]) -> Cut:
    """Return where a body ends; raises `BridgeError` unless there is one place, and in it."""
    if (after is None) == (percent is None):
        message = "give either bytes= or percent="
        raise BridgeError(message)
    if after is not None and after < 0:
        message = f"bytes={after} is negative"
        raise BridgeError(message)
    if percent is not None and not 0 <= percent <= PERCENT_MAX:
        message = f"percent={percent} is not between 0 and 100"
        raise BridgeError(message)
    return Cut(after, percent, kind)


def detail_of(address: Address, why: str) -> dict[str, object]:
    """Return what the hosts' texts say of a failure at an address."""
    return {"host": address.host, "ip": address.host, "port": address.port, "detail": why}
