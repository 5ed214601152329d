"""Bars: on standard error while a terminal watches, and nowhere else."""

from __future__ import annotations

import json
import os
import pty
import re
import subprocess
import sys
from typing import TYPE_CHECKING, Final

import pytest

if TYPE_CHECKING:
    from collections.abc import Mapping

COMMAND: Final = (sys.executable, "-m", "bridge.cli")
CHECK: Final = ("check", "upload/success", "upload/form", "--on", "wx,my,my:ide,tt:feishu")
ESCAPE: Final = re.compile(r"\x1b\[[0-9;?]*([a-zA-Z])")


def watched(*words: str, environment: Mapping[str, str] | None = None) -> tuple[str, str]:
    """Run a command with a terminal at standard error; return stdout, and what was drawn."""
    master, slave = pty.openpty()
    clean = {name: text for name, text in os.environ.items() if name not in ("NO_COLOR", "COLUMNS")}
    with subprocess.Popen(
        [*COMMAND, *words],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=slave,
        env=clean | {"TERM": "xterm-256color", "COLUMNS": "80"} | dict(environment or {}),
        text=True,
    ) as process:
        os.close(slave)
        drawn = b"".join(iter(lambda: _read(master), b""))
        assert process.stdout is not None
        out = process.stdout.read()
    os.close(master)
    assert 0 == process.returncode, drawn
    return out, drawn.decode()


def _read(master: int) -> bytes:
    """Return what has been drawn since, empty once nobody draws any more."""
    try:
        return os.read(master, 65536)
    except OSError:  # what Linux says of a terminal that was left
        return b""


@pytest.mark.parametrize("more", [(), ("--jobs", "2")])
def test_a_check_shows_how_far_it_is(more: tuple[str, ...]) -> None:
    """Pairs, speed and remaining time; the results are on standard output, alone."""
    out, drawn = watched(*CHECK, "--json", *more)
    assert 8 == len(json.loads(out)["results"])
    assert re.search(r"\b8/8 [\d.]+/s 0:00:00", ESCAPE.sub("", drawn))
    lines = re.split(r"[\r\n]+", ESCAPE.sub("", drawn))
    assert max(map(len, lines)) <= 80


@pytest.mark.measured
def test_a_bar_is_gone_in_the_end() -> None:
    """It leaves an empty line behind it for what comes."""
    _, drawn = watched(*CHECK)
    assert drawn.rstrip("\r").endswith(("\x1b[2K", "\x1b[?25h")), repr(drawn[-80:])


@pytest.mark.parametrize(
    ("words", "environment"), [((), {"NO_COLOR": "1"}), (("--no-color",), {}), ((), {})]
)
def test_a_bar_has_the_colours_that_are_wanted(
    words: tuple[str, ...], environment: dict[str, str]
) -> None:
    """None with NO_COLOR or `--no-color`."""
    _, drawn = watched(*CHECK, *words, environment=environment)
    wanted = not (words or environment)
    assert "8/8" in ESCAPE.sub("", drawn)
    assert wanted == bool(re.search(r"\x1b\[(?:[\d;]*;)?3\d", drawn))


def test_nothing_is_drawn_without_a_terminal() -> None:
    """A pipe gets the results alone."""
    done = subprocess.run(
        [*COMMAND, *CHECK],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert "" == done.stderr
    assert "2 cases on 4 targets, python: 8 passed" in done.stdout
    assert "\x1b" not in done.stdout
