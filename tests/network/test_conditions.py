"""Conditions as they are written: words, figures with units, times and places."""

from __future__ import annotations

import contextlib
import math
from typing import Any

import pytest
from hypothesis import given as given_any
from hypothesis import strategies

from bridge import conditions
from bridge.conditions import PRESETS, At, Slow
from bridge.errors import BridgeError
from bridge.network import Network


def in_force(text: str) -> list[str]:
    """Return the words of the conditions that a text sets."""
    network = Network()
    network.apply(text)
    return list(network.conditions)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("offline", ["offline"]),
        ("dns_failure", ["dns_failure"]),
        ("refuse", ["connection_refused"]),
        ("refuse,online", []),
        ("stall", ["stalled"]),
        ("stall,online", []),
        ("background", ["background"]),
        ("background, foreground", []),
        ("2g", ["2g (up 6250 B/s, down 31250 B/s, latency 300 ms)"]),
        ("switch", ["4g (up 375000 B/s, down 500000 B/s, latency 20 ms)"]),
        ("switch:2g", ["2g (up 6250 B/s, down 31250 B/s, latency 300 ms)"]),
        ("weak", ["weak (up 2500 B/s, down 6250 B/s, latency 500 ms, jitter 100 ms)"]),
        ("slow:up=50kB", ["slow (up 50000 B/s)"]),
        ("slow:up=400kbit/s:down=1.5MB/s", ["slow (up 50000 B/s, down 1500000 B/s)"]),
        ("slow:latency=0.3:jitter=20ms", ["slow (latency 300 ms, jitter 20 ms)"]),
        ("slow:latency=0", ["slow (no limit)"]),
        ("reset_after:40%", ["reset after 40 %"]),
        ("stall_after:64kB,3g", [in_force("3g")[0], "stall after 64000 bytes"]),
        ("offline,3g,background,clear", []),
        ("", []),
    ],
)
def test_conditions_are_written_as_words(text: str, words: list[str]) -> None:
    """What each word sets is what the record says of it."""
    assert words == in_force(text)


@pytest.mark.parametrize(
    ("given", "at", "words"),
    [
        (2, At("s", 2), "2 s"),
        (0.5, At("s", 0.5), "0.5 s"),
        ("500ms", At("s", 0.5), "0.5 s"),
        ("2min", At("s", 120), "120 s"),
        ("7", At("s", 7), "7 s"),
        ("+5s", At("+s", 5), "5 s later"),
        ("40%", At("percent", 40), "40 %"),
        ("64kB", At("bytes", 64000), "64000 bytes"),
        ("10b", At("bytes", 10), "10 bytes"),
    ],
)
def test_a_step_has_a_time_or_a_place(given: object, at: At, words: str) -> None:
    """Seconds are a number or a text; places always name their unit."""
    assert at == conditions.at_of(given)
    assert words == str(conditions.at_of(given))


@pytest.mark.parametrize(
    ("at", "place"),
    [("40%", 80), ("100%", 200), ("0%", 0), ("50B", 50), ("200B", 200), ("201B", None)],
)
def test_a_place_is_a_byte_of_a_body(at: str, place: int | None) -> None:
    """A body that is shorter never gets there."""
    assert place == conditions.at_of(at).place(200)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("5g", "'5g' is no network condition"),
        ("ofline", r"'ofline' is no network condition; did you mean 'offline'\?"),
        (" ", "'' is no network condition; there are weak, 2g"),
        ("3g,,offline", "'' is no network condition"),
        ("3g:up=5", "'3g:up=5' is not how '3g' is written"),
        ("offline:5", "is not how 'offline' is written"),
        ("slow", "'slow' is not how 'slow' is written"),
        ("slow:fast=5", "'fast=5' is not up=, down="),
        ("slow:up=5lightyears", "'up=5lightyears' is not up=, down="),
        ("slow:up", "'up' is not up=, down="),
        ("slow:up=0", "up=0.0 is not a number of bytes a second above 0"),
        ("switch:5g", "'5g' is no preset; there are weak, 2g, 3g, 4g, wifi"),
        ("reset_after", "is not how 'reset_after' is written"),
        ("reset_after:2s", "'2s' is no place in a body"),
        ("offline@", "'' is no time or place"),
        ("offline@+40%", r"'\+40%' is no time or place"),
        ("offline@140%", "'140%' is no time or place"),
        ("offline@soon", "'soon' is no time or place"),
        (f"offline@{'9' * 400}s", "is no time or place"),
        (f"slow:up={'9' * 400}", "up=inf is not a number of bytes a second above 0"),
        ("offline@-2s", "'-2s' is no time or place"),
    ],
)
def test_what_is_no_condition_is_told_in_a_sentence(text: str, told: str) -> None:
    """Nothing is set then, and what there is instead is named."""
    network = Network()
    with pytest.raises(BridgeError, match=told):
        network.apply(text)
    assert () == network.conditions
    assert network.passage(1) is None


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"up": 0}, "up=0 is not a number of bytes a second above 0"),
        ({"down": -1.5}, "down=-1.5 is not"),
        ({"up": "50"}, "up='50' is not"),
        ({"down": True}, "down=True is not"),
        ({"up": math.inf}, "up=inf is not"),
        ({"latency": math.inf}, "latency=inf is not a number of seconds"),
        ({"jitter": math.nan}, "jitter=nan is not a number of seconds"),
        ({"latency": -1}, "latency=-1 is not a number of seconds"),
        ({"jitter": None}, "jitter=None is not a number of seconds"),
        ({"preset": "3g", "up": 5}, "give either a preset or figures"),
        ({"preset": "6g"}, "'6g' is no preset"),
    ],
)
def test_wrong_figures_are_the_authors_mistake(given: dict[str, Any], told: str) -> None:
    """They are told at once, and change nothing."""
    network = Network()
    with pytest.raises(BridgeError, match=told):
        network.slow(**given)
    assert () == network.conditions


def test_the_presets_are_cited_figure_by_figure() -> None:
    """Bandwidths and latency are published; what is ours is marked as inferred."""
    assert ["weak", "2g", "3g", "4g", "wifi"] == list(PRESETS)
    assert Slow(up=31250, down=93750, latency=0.1) == PRESETS["3g"].slow
    for preset in PRESETS.values():
        assert {"up", "down", "latency", "jitter", "estimate"} == set(preset.sources)
        for name in ("up", "down", "latency"):
            assert "documented" == preset.sources[name].status
        for source in preset.sources.values():
            assert source.address
            assert source.note or source.status == "documented"
    assert "inferred" == PRESETS["3g"].sources["jitter"].status
    assert "documented" == PRESETS["weak"].sources["jitter"].status


def test_figures_are_in_force_until_others_replace_them() -> None:
    """A preset also says what the phone calls its network; figures leave that as it is."""
    network = Network()
    assert ("wifi", 0) == (network.kind, network.estimate)
    network.slow("3g")
    network.slow(up=1000)
    assert ("3g", ("slow (up 1000 B/s)",)) == (network.kind, network.conditions)
    network.switch("wifi")
    assert ("wifi", 5) == (network.kind, network.estimate)
    network.offline()
    assert "none" == network.kind
    network.clear()
    assert ("wifi", 0, ()) == (network.kind, network.estimate, network.conditions)


PIECES = (
    "offline", "slow", "switch", "reset_after", "clear", ":", ",", "@", "+", "=", "%", "up",
    "latency", "kB", "ms", "40", "9e9", "\ud800",
)  # fmt: skip
WORDS = strategies.sampled_from([*PRESETS, *PIECES]) | strategies.text(max_size=3)


@given_any(strategies.lists(WORDS, max_size=8).map("".join))
def test_any_text_is_read_or_refused(text: str) -> None:
    """Whatever is written, nothing but a sentence for its author can come of it."""
    with contextlib.suppress(BridgeError):
        at_once, steps = conditions.read(text)
        assert text.count(",") + 1 == len(at_once) + len(steps) or not text
