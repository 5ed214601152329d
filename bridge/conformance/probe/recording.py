"""What a probe has seen on a phone or an IDE: transcripts out of the lines of a sink, or bare."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, Final, cast

from jsonschema import Draft202012Validator
from jsonschema.exceptions import best_match

import schemas
from bridge.conformance.stage import ORIGIN
from bridge.conformance.transcript import Transcript
from bridge.errors import BridgeError
from bridge.rules import parse
from bridge.textfile import text_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from bridge.conformance.case import Json

_REQUEST_KEYS: Final = frozenset({"method", "path", "headers", "parts", "error", "text"})
_PIECE = re.compile(r"/transcript/(\w+)/(\d+)/(\d+)/(\d+)")
_PLAYED = re.compile(r"/probe/(\w+)/(\d+)(/.*)")
_TELLING: Final = ("brand", "model", "system", "version", "SDKVersion")


@dataclass(frozen=True, slots=True)
class Recording:
    """
    One transcript, and where it was taken.

    Attributes:
        transcript: what was seen, as if the server had been `https://upload.example.com`.
        device: what the host said of itself, maybe nothing.
        date: when, as an ISO date; maybe empty.
        error: why it could not be played to its end, in a sentence; empty if it was.
        of: how many cases were to be played in that run; 0 where that is not known.
    """

    transcript: Transcript
    device: Json
    date: str
    error: str
    of: int

    @property
    def place(self) -> str:
        """The device in words, such as `Apple iPhone 15, iOS 18.1, 8.0.50, 3.8.10`."""
        told = [str(self.device[key]) for key in _TELLING if self.device.get(key)]
        return ", ".join(told) or self.transcript.engine


def read_recordings(file: Path) -> list[Recording]:
    """
    Return the recordings of a file; of several of one case on one target only the last.

    A line is a request as `minibridge sink` prints it, or a transcript as `schemas/transcript.json`
    has it, uploads included.

    Raises:
        BridgeError: the file cannot be read, is cut off, is something else or of a later version.
    """
    text = text_of(file, "the transcripts")
    try:
        found = _Reading(text).recordings()
    except BridgeError as error:
        raise BridgeError(f"{file.name}: {error}") from error
    last = {(each.transcript.case, each.transcript.target): each for each in found}
    return list(last.values())


class _Reading:
    """The lines of one file."""

    def __init__(self, text: str) -> None:
        self._bare: list[Json] = []
        self._pieces: dict[tuple[str, str], list[tuple[int, int, str]]] = defaultdict(list)
        self._uploads: dict[tuple[str, str], list[Json]] = defaultdict(list)
        for number, line in enumerate(text.splitlines(), 1):
            if line.strip():
                self._take(line, f"line {number}")

    def recordings(self) -> list[Recording]:
        found = [_recording(told) for told in self._bare]
        found += [self._joined(key) for key in self._pieces]
        if not found:
            raise BridgeError("it holds no transcript: a sink prints them while a probe runs")
        return found

    def _take(self, line: str, place: str) -> None:
        told = _object(line, place)
        if "events" in told or "v" in told:
            self._bare.append(told)
        elif told.keys() >= _REQUEST_KEYS:
            self._take_request(told)
        else:
            raise BridgeError(f"{place} is neither a transcript nor a request to a sink")

    def _take_request(self, request: Json) -> None:
        piece, played = _PIECE.fullmatch(request["path"]), _PLAYED.fullmatch(request["path"])
        if piece is not None:
            run, case, number, count = piece.groups()
            self._pieces[run, case].append((int(number), int(count), request["text"] or ""))
        elif played is not None:
            run, case, path = played.groups()
            self._uploads[run, case].append({**request, "path": path})

    def _joined(self, key: tuple[str, str]) -> Recording:
        """Put the pieces of a transcript together, and beside it what has arrived meanwhile."""
        pieces = sorted(self._pieces[key])
        if [number for number, _, _ in pieces] != list(range(1, pieces[0][1] + 1)):
            raise BridgeError(f"of transcript {key[1]} of run {key[0]} a piece is missing")
        told = _object("".join(text for _, _, text in pieces), f"transcript {key[1]}")
        return _recording({**told, "uploads": self._uploads[key]})


def _object(text: str, place: str) -> Json:
    try:
        told = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise BridgeError(f"{place} is no JSON, as of a file that was cut off: {error}") from error
    if not isinstance(told, dict):
        raise BridgeError(f"{place} is neither a transcript nor a request to a sink")
    return told


def _recording(told: Json) -> Recording:
    transcript = Transcript.of(_checked(told))
    seen = _addressed(transcript.to_json(), str(told.get("url", "")))
    return Recording(
        transcript=Transcript.of(cast("Json", seen)),
        device=told.get("device", {}),
        date=told.get("date", ""),
        error=told.get("error", ""),
        of=told.get("of", 0),
    )


def _checked(told: Json) -> Json:
    """Return a transcript that has the right form; one of another version says so itself."""
    error = best_match(_form().iter_errors(told)) if told.get("v") == 1 else None
    if error is not None:
        raise BridgeError(f"this is no transcript: {error.json_path} {error.message}")
    for upload in told.get("uploads", []):
        missing = sorted(_REQUEST_KEYS - upload.keys())
        if missing:
            raise BridgeError(f"this is no transcript: an upload lacks {', '.join(missing)}")
    return told


@cache
def _form() -> Draft202012Validator:
    return Draft202012Validator(schemas.shared("transcript"))


def _addressed(value: Any, url: str) -> object:  # noqa: ANN401  any JSON
    """Return what was seen as if the server had the address that every case takes it for."""
    for text, stands_for in _names(url):
        value = _replaced(value, text, stands_for)
    return value


def _names(url: str) -> Iterator[tuple[str, str]]:
    address = parse(url) if url else None
    if address is not None:
        yield url, ORIGIN
        yield address.origin, ORIGIN
        yield address.origin.partition("://")[2], ORIGIN.partition("://")[2]


def _replaced(value: Any, text: str, stands_for: str) -> object:  # noqa: ANN401
    if isinstance(value, str):
        return value.replace(text, stands_for)
    if isinstance(value, list):
        return [_replaced(inner, text, stands_for) for inner in value]
    if isinstance(value, dict):
        return {key: _replaced(inner, text, stands_for) for key, inner in value.items()}
    return value
