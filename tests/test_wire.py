"""Understood options -> what is sent: text fields, and the files that a call names."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from bridge.clock import Chance
from bridge.files import FileFailure, Files
from bridge.reasons import Reason
from bridge.target import resolve
from bridge.trace import Decisions
from bridge.values import undefined
from bridge.wire import Chosen, close, opened, text_fields

if TYPE_CHECKING:
    from pathlib import Path


def free_descriptors() -> list[int]:
    """Return the next ones that the system gives, more than there are files here."""
    given = [os.dup(0) for _ in range(3)]
    for one in given:
        os.close(one)
    return given


def test_the_record_names_the_fields_that_were_neither_text_nor_number() -> None:
    """Those are sent as JavaScript's text for them, which may not be what was meant."""
    decisions = Decisions()
    form = {"t": "x", "n": 1.5, "b": True, "o": {}, "u": undefined, "z": None, "l": [1, "a"]}
    sent = {"b": "true", "o": "[object Object]", "u": "undefined", "z": "null", "l": "1,a"}
    fields = text_fields({"formData": form}, decisions)
    assert [("t", "x"), ("n", "1.5"), *sent.items()] == list(fields)
    told = [note["effect"] for note in decisions.to_json({})]
    assert [f"{key} is sent as {text!r}" for key, text in sent.items()] == told


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("a.png", "image/png"),
        ("a.PNG", "image/png"),
        ("a.b.webp", "image/webp"),
        ("a.unknown", "application/octet-stream"),
        ("png", "application/octet-stream"),
    ],
)
def test_a_file_is_called_by_its_last_part_and_typed_by_its_extension(name: str, kind: str) -> None:
    """A name without a dot has no extension."""
    profile = resolve("wx").profile
    files = Files(profile.paths, Chance(0).expand, {f"in/{name}": b"x"})
    parts = opened(profile, files, [Chosen("f", f"in/{name}")])
    close(parts)
    assert [("f", name, kind)] == [part[:3] for part in parts]


@pytest.mark.parametrize(
    ("size", "reason"), [(3, None), (4, Reason.OVER_SIZE), (None, Reason.MISSING_FILE)]
)
def test_no_file_stays_open_where_one_of_them_cannot_be_sent(
    tmp_path: Path, size: int | None, reason: Reason | None
) -> None:
    """As many bytes as the host takes are not too many."""
    profile = resolve("wx", {"max_size": 3}).profile
    files = Files(profile.paths, Chance(0).expand)
    (tmp_path / "first").write_bytes(b"abc")
    (tmp_path / "second").write_bytes(b"x" * (size or 0))
    paths = [files.add(name, tmp_path / name) for name in ("first", "second")]
    if size is None:
        (tmp_path / "second").unlink()
    free = free_descriptors()
    picked = [Chosen("file", path) for path in paths]
    if reason is None:
        close(opened(profile, files, picked))
    else:
        with pytest.raises(FileFailure) as caught:
            opened(profile, files, picked)
        assert reason is caught.value.reason
    assert free == free_descriptors()
