"""
Network conditions as data and as text: the presets, and the words of a script.

A condition is a word, some with arguments behind colons: `3g`, `offline`,
`slow:up=50kB:latency=300ms`, `reset_after:40%`. With `@` behind it a time or a place in the body,
it is one step of a script: `offline@40%`, `online@+5s`. Several are parted by commas.

Bandwidths are bytes a second (`50000`, `50kB`, `400kbit`), times are seconds (`0.3`, `300ms`).
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from operator import methodcaller
from typing import TYPE_CHECKING, Final, Literal, NamedTuple

from bridge.errors import BridgeError
from bridge.profile import Source
from bridge.reasons import TLS_CAUSES

if TYPE_CHECKING:
    from collections.abc import Mapping

Kind = Literal["wifi", "2g", "3g", "4g", "none"]
PERCENT_MAX: Final = 100


def _is_number(value: object) -> bool:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return False
    return math.isfinite(value)


@dataclass(frozen=True, slots=True)
class Slow:
    """
    How slow the network is.

    Attributes:
        up: bytes a second that leave; None for no limit.
        down: bytes a second that arrive; None for no limit.
        latency: seconds that connecting, a TLS handshake and the first byte of an answer each take
            longer.
        jitter: seconds by which each of these differs at most, up or down.

    Raises:
        BridgeError: a bandwidth that is not positive, or a time that is negative.
    """

    up: float | None = None
    down: float | None = None
    latency: float = 0.0
    jitter: float = 0.0

    def __post_init__(self) -> None:
        for name, rate in (("up", self.up), ("down", self.down)):
            if rate is not None and not (_is_number(rate) and rate > 0):
                raise BridgeError(f"{name}={rate!r} is not a number of bytes a second above 0")
        for name, time in (("latency", self.latency), ("jitter", self.jitter)):
            if not (_is_number(time) and time >= 0):
                raise BridgeError(f"{name}={time!r} is not a number of seconds")

    def __str__(self) -> str:
        rates = [(name, rate) for name, rate in (("up", self.up), ("down", self.down)) if rate]
        times = [(n, t) for n, t in (("latency", self.latency), ("jitter", self.jitter)) if t]
        words = [f"{name} {rate:.0f} B/s" for name, rate in rates]
        words += [f"{name} {seconds * 1000:g} ms" for name, seconds in times]
        return ", ".join(words) or "no limit"


@dataclass(frozen=True, slots=True)
class Preset:
    """
    One named network.

    Attributes:
        slow: its figures.
        kind: what the phone calls it.
        estimate: its number as WeChat's `estimate_nettype` counts them.
        sources: where figures, jitter and estimate come from.
    """

    slow: Slow
    kind: Kind
    estimate: int
    sources: Mapping[str, Source]


_FIREFOX: Final = Source(
    "documented",
    "mozilla-firefox/firefox devtools/docs/user/network_monitor/throttling/index.rst",
    "2026-11",
)
_LOADERO: Final = Source(
    "documented",
    "wiki.loadero.com/test-creation/participant-configuration/network-conditions",
    "2026-11",
    "the jitter of its GPRS",
)
_NO_JITTER: Final = Source("inferred", _FIREFOX.address, _FIREFOX.date, "no jitter is published")
_NETTYPES: Final = Source(
    "inferred",
    "developers.weixin.qq.com/miniprogram/dev/api/network/upload/wx.uploadFile.html",
    "2026-11",
    "the numbers are documented; which of them a network gets is not",
)


def _preset(  # noqa: PLR0913, PLR0917  one row of a table
    up: int, down: int, latency: int, jitter: int, kind: Kind, estimate: int
) -> Preset:
    """Return a preset from kilobits a second and milliseconds, as published."""
    slow = Slow(up * 125.0, down * 125.0, latency / 1000, jitter / 1000)
    figures = dict.fromkeys(("up", "down", "latency"), _FIREFOX)
    told = {"jitter": _LOADERO if jitter else _NO_JITTER, "estimate": _NETTYPES}
    return Preset(slow, kind, estimate, {**figures, **told})


PRESETS: Final[dict[str, Preset]] = {
    "weak": _preset(20, 50, 500, 100, "2g", 2),
    "2g": _preset(50, 250, 300, 0, "2g", 3),
    "3g": _preset(250, 750, 100, 0, "3g", 4),
    "4g": _preset(3000, 4000, 20, 0, "4g", 5),
    "wifi": _preset(15000, 30000, 2, 0, "wifi", 5),
}
"""The named networks: Firefox's GPRS (for `weak`), Regular 2G, Regular 3G, Regular 4G and Wi-Fi."""


def preset_named(name: str) -> Preset:
    """Return a preset; raises `BridgeError` for a name that is none."""
    if name not in PRESETS:
        raise BridgeError(f"{name!r} is no preset; there are {', '.join(PRESETS)}")
    return PRESETS[name]


class At(NamedTuple):
    """When a step of a script happens: a time since its start or since the step before, a place."""

    unit: Literal["s", "+s", "bytes", "percent"]
    value: float

    @property
    def timed(self) -> bool:
        """Tell whether it is a time, not a place in a body."""
        return self.unit in {"s", "+s"}

    def place(self, total: int) -> int | None:
        """Return the byte of a body of `total` bytes; None where that body does not get so far."""
        at = int(self.value if self.unit == "bytes" else total * self.value / PERCENT_MAX)
        return at if at <= total else None

    def __str__(self) -> str:
        shown = {"s": "{} s", "+s": "{} s later", "bytes": "{} bytes", "percent": "{} %"}
        return shown[self.unit].format(f"{self.value:g}")


class Condition(NamedTuple):
    """One condition that was asked for: its words, and the call of a `Network` that sets it."""

    words: str
    set: methodcaller


class Step(NamedTuple):
    """One step of a script."""

    at: At
    condition: Condition


# --- reading

_NUMBER = re.compile(r"(\d+(?:\.\d+)?)\s*([A-Za-z%]*)")
_RATES: Final = {
    "": 1, "b": 1, "kb": 1e3, "mb": 1e6, "kbit": 125, "mbit": 125_000, "kbps": 125, "mbps": 125_000,
}  # fmt: skip
_TIMES: Final = {"": 1.0, "s": 1.0, "ms": 0.001, "min": 60.0}
_SIZES: Final = {"b": 1.0, "kb": 1e3, "mb": 1e6}
_PLAIN: Final = (
    "offline", "online", "dns_failure", "refuse", "reset", "stall", "background", "foreground",
    "clear",
)  # fmt: skip
_CUTS: Final = ("reset_after", "stall_after")
_KNOWN: Final = (*PRESETS, "slow", "switch", "tls", *_PLAIN, *_CUTS)


def read(text: str) -> tuple[list[Condition], list[Step]]:
    """
    Read conditions as they are written: those that hold at once, and the steps of a script.

    An empty text has none.

    Raises:
        BridgeError: one of them is none, and what there is.
    """
    at_once: list[Condition] = []
    steps: list[Step] = []
    for part in text.split(",") if text else ():
        words, timed, at = part.strip().partition("@")
        if timed:
            steps.append(Step(at_of(at), condition(words)))
        else:
            at_once.append(condition(words))
    return at_once, steps


def at_of(given: object) -> At:
    """Read when a step happens: seconds as a number, or `2s`, `500ms`, `+5s`, `40%`, `64kB`."""
    if _is_number(given):
        given = f"{given}s"
    text = str(given).strip()
    later = text.startswith("+")
    found = _NUMBER.fullmatch(text.removeprefix("+"))
    value, unit = (float(found[1]), found[2].lower()) if found else (0.0, "?")
    unit = unit if math.isfinite(value) else "?"
    if unit in _TIMES:
        return At("+s" if later else "s", value * _TIMES[unit])
    if unit == "%" and not later and value <= PERCENT_MAX:
        return At("percent", value)
    if unit in _SIZES and not later:
        return At("bytes", value * _SIZES[unit])
    raise BridgeError(f"{given!r} is no time or place: write 2s, 500ms, +5s, 40% or 64kB")


def condition(text: str) -> Condition:
    """Read one condition; raises `BridgeError`."""
    name, *arguments = text.strip().split(":")
    if name in PRESETS and not arguments:
        return Condition(name, methodcaller("slow", name))
    if name in _PLAIN and not arguments:
        return Condition(name, methodcaller(name))
    if name == "tls" and len(arguments) == 1 and arguments[0] in TLS_CAUSES:
        return Condition(text, methodcaller(name, *arguments))
    if name == "slow" and arguments:
        return Condition(text, methodcaller(name, **_slow(arguments)))
    if name == "switch" and len(arguments) <= 1:
        preset_named(*arguments or ("4g",))
        return Condition(text, methodcaller(name, *arguments))
    if name in _CUTS and len(arguments) == 1:
        return Condition(text, methodcaller(name, **_place(arguments[0])))
    raise BridgeError(_unknown(text, name))


def _slow(arguments: list[str]) -> dict[str, float]:
    units = {"up": _RATES, "down": _RATES, "latency": _TIMES, "jitter": _TIMES}
    given = {}
    for argument in arguments:
        key, _, value = argument.partition("=")
        found = _NUMBER.fullmatch(value.removesuffix("/s"))
        if key not in units or found is None or found[2].lower() not in units[key]:
            raise BridgeError(
                f"{argument!r} is not up=, down= (as 50kB or 400kbit), latency= or jitter= (300ms)"
            )
        given[key] = float(found[1]) * units[key][found[2].lower()]
    Slow(**given)
    return given


def _place(text: str) -> dict[str, float]:
    at = at_of(text)
    if at.timed:
        raise BridgeError(f"{text!r} is no place in a body: write 40% or 64kB")
    return {"percent": at.value} if at.unit == "percent" else {"bytes": int(at.value)}


def _unknown(text: str, name: str) -> str:
    if name in _KNOWN:
        return f"{text!r} is not how {name!r} is written; see docs/network.md"
    from difflib import get_close_matches  # noqa: PLC0415  only for a mistake

    near = get_close_matches(name, _KNOWN, 1)
    there_are = f"did you mean {near[0]!r}? There are" if near else "there are"
    return f"{name!r} is no network condition; {there_are} {', '.join(_KNOWN)}"
