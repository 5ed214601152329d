"""The players beside a mock: no emulator, callbacks called at once, one object for all of them."""

from __future__ import annotations

import asyncio
import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

import bridge.conformance
from bridge.conformance.player import Player

NODE = shutil.which("node") or "node"
PLAYER = Path(bridge.conformance.__file__).with_name("player.js")
STEPS: tuple[dict[str, Any], ...] = (
    {"call": "send", "as": "a", "global": "x", "options": {"u": {"$sink": "/u"}}, "spoils": True},
    {"do": "stop", "on": "a"},
    {"get": "fetch", "as": "b", "global": "x", "args": [{"$given": "photo.png"}]},
    {"read": "place.name", "as": "c", "global": "x"},
)
SEEN = [
    ("a", "success", {"u": "http://s/u"}),
    ("a", "complete", {"u": "http://s/u", "spoilt": True}),
    ("a", "returned", {"kind": "task", "members": ["stop"]}),
    ("a", "did:stop", "stopped"),
    ("b", "returned", ["photo-path", None]),
    ("c", "returned", "here"),
]
MOCK = """
const { play } = require(process.argv[1]);
class Task { constructor() { this.on = true; } stop() { return this.on ? 'stopped' : 'lost'; } }
const x = {
  place: { name: 'here' },
  send(options) {
    const result = { u: options.u };
    options.success(result);
    options.complete(result);
    return new Task();
  },
  fetch: (path) => [path, null],
};
play({ steps: JSON.parse(process.argv[2]) }, {
  globals: { x }, given: { 'photo.png': 'photo-path' }, url: 'http://s', within: 1000, linger: 0,
  now: Date.now, later: setTimeout, forget: clearTimeout,
}, (error, events) => { console.log(JSON.stringify(events)); });
"""


class Task:
    """What the mock returns."""

    def __init__(self) -> None:
        self.stop = lambda: "stopped"


class Mock:
    """A global that calls its callbacks before it returns."""

    def __init__(self) -> None:
        self.place = {"name": "here"}

    def send(self, options: dict[str, Any]) -> Task:
        """Answer with one object for both callbacks."""
        result = {"u": options["u"]}
        options["success"](result)
        options["complete"](result)
        return Task()

    def fetch(self, path: str) -> list[object]:
        """Answer at once."""
        return [path, None]


def test_the_javascript_player_needs_nothing_but_what_it_is_given() -> None:
    """One file in a plain Node; members are found on a class, a shared object is seen spoilt."""
    done = subprocess.run(
        [NODE, "-e", MOCK, str(PLAYER), json.dumps(STEPS)],
        capture_output=True,
        text=True,
        check=True,
        timeout=30,
    )
    events = json.loads(done.stdout)
    assert SEEN == [(event["call"], event["what"], event["value"]) for event in events]


async def test_the_python_player_needs_nothing_but_what_it_is_given() -> None:
    """What a mock returns is described like a host's task."""
    references = {"$given": lambda _: "photo-path", "$sink": lambda path: f"http://s{path}"}
    player = Player(STEPS, {"x": Mock()}, references, lambda _: None, 1000)
    async with asyncio.timeout(5):
        events = await player.play()
    seen = [(event.call, event.what, event.value) for event in events]
    # A Python task says by its class that it is one; all other objects count as Promises.
    promised = {"kind": "promise+task", "members": ["stop"]}
    expected = [
        (call, what, promised if call == "a" and what == "returned" else value)
        for call, what, value in SEEN
    ]
    assert expected == seen


@pytest.mark.parametrize("word", ["platform", "wx.", "my.", "bridge.", "async ", "?.", "**"])
def test_the_javascript_player_names_no_platform_and_no_new_syntax(word: str) -> None:
    """It runs on phones, whichever their vendor."""
    code = [line for line in PLAYER.read_text(encoding="utf-8").splitlines() if "//" not in line]
    assert [] == [line for line in code if word in line]
