"""What the tests of the conformance suite share: cases made from pieces, and ways to play them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Protocol

import pytest

from bridge.conformance import read, run

if TYPE_CHECKING:
    from bridge.conformance import Case, Transcript, Verdict
    from bridge.runtime import Bridge

UPLOAD = {"call": "uploadFile", "as": "a", "options": {"$usual": True}}
SETTLED = {"wait": "settled"}
ENDS_WELL = ["returned", "success", "complete", "resolved?"]
SUCCEEDS = {"that": "it succeeds", "of": "a", "order": ENDS_WELL}


class Make(Protocol):
    """Make a case out of what differs from an ordinary upload that succeeds."""

    def __call__(self, **parts: Any) -> Case:  # noqa: ANN401  any JSON
        """Return the case."""


class Play(Protocol):
    """Play a case on one target."""

    def __call__(self, case: Case, on: str = "wx", engine: str = "python") -> Verdict:
        """Return the verdict; what was seen is in `seen`."""


@pytest.fixture
def make() -> Make:
    """Make a case out of what differs from an ordinary upload that succeeds."""

    def making(**parts: Any) -> Case:  # noqa: ANN401  any JSON
        usual = {"id": "a", "title": "A title", "steps": [UPLOAD, SETTLED], "holds": [SUCCEEDS]}
        [case] = read(json.dumps(usual | parts), "a.json")
        return case

    return making


@pytest.fixture
def seen() -> list[Transcript]:
    """Hold the transcripts of what `play` has played."""
    return []


@pytest.fixture
def play(seen: list[Transcript]) -> Play:
    """Play a case on one target."""

    def playing(case: Case, on: str = "wx", engine: str = "python") -> Verdict:
        def watch(transcript: Transcript, _: Bridge) -> None:
            seen.append(transcript)

        [verdict] = run([case], [on], engine, watch=watch)
        return verdict

    return playing
