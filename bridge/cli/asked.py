"""What commands are asked for in text: targets, other readings of their fields, and files."""

from __future__ import annotations

import os
import re
import stat
from dataclasses import fields
from itertools import chain
from typing import TYPE_CHECKING

from bridge.look import Mistake
from bridge.target import all_names, from_text, resolve

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from bridge.profile import Layer, Profile
    from bridge.target import Target

_TELLABLE = re.compile(r"(Literal\[[^]]*\]|int|str|bool|None| \| )+")


def words_of(text: str) -> list[str]:
    """Return the words of `--on`; raises `Mistake` where there are none."""
    words = [word for word in text.split(",") if word]
    if not words:
        message = "--on names no target; see minibridge targets"
        raise Mistake(message)
    return words


def names_of(text: str) -> list[str]:
    """Return the targets that `--on` asks for, each once; raises `Mistake` or `BridgeError`."""
    known = (all_names() if word == "all" else [resolve(word).name] for word in words_of(text))
    return list(dict.fromkeys(chain.from_iterable(known)))


def overrides_for(name: str, given: Iterable[tuple[str, str]]) -> dict[str, object]:
    """
    Return the overrides of one target as its fields hold them.

    Raises:
        Mistake: a field that no one word can tell.
        BridgeError: an unknown target or field, or a value the field cannot take.
    """
    target = resolve(name)
    overrides = {field: _value(field, text, target) for field, text in given}
    resolve(name, overrides)
    return overrides


def _value(field: str, text: str, target: Target) -> object:
    platforms: tuple[Profile | Layer, ...] = (target.profile, *target.layers)
    for platform in platforms:
        for known in fields(platform):
            if known.name == field and not _TELLABLE.fullmatch(str(known.type)):
                message = f"--set {field}: its value is a {known.type}; set it from Python"
                raise Mistake(message)
    return from_text(field, text, target)


def check_file(path: Path) -> None:
    """Raise `Mistake` where there is no file to read."""
    try:
        mode = path.stat().st_mode
    except FileNotFoundError as error:
        raise Mistake(f"there is no file {str(path)!r}") from error
    except OSError as error:
        raise Mistake(f"{str(path)!r} cannot be read: {error.strerror}") from error
    if not stat.S_ISREG(mode):
        raise Mistake(f"{str(path)!r} is not a regular file")
    if not os.access(path, os.R_OK):
        raise Mistake(f"{str(path)!r} cannot be read")


def check_output(flag: str, path: Path | None) -> None:
    """Raise `Mistake` for a file that a flag names and that could not be written in the end."""
    if path is None:
        return
    try:
        if path.is_dir():
            raise Mistake(f"{flag}: {str(path)!r} is a folder")
        if not path.absolute().parent.is_dir():
            raise Mistake(f"{flag}: there is no folder {str(path.parent)!r}")
    except OSError as error:
        raise Mistake(f"{flag}: cannot write {str(path)!r}: {error.strerror}") from error
