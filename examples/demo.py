"""
What `make demo` shows: one picture on every target, what differs and why, and three samples.

Run: python examples/demo.py
"""

from __future__ import annotations

import os
import runpy
import sys
import tempfile
import textwrap
from pathlib import Path

from bridge import Bridge
from bridge.cli import main
from bridge.target import all_names

HERE = Path(__file__).parent
DIFFERENCES = {
    "status_code": "the type of statusCode",
    "returns": "what uploadFile hands back",
    "file_type": "whether fileType is required",
    "progress_names": "totalBytesSent or totalBytesWritten",
    "limit": "uploads at once",
    "overflow": "one more than that",
    "fail": "the keys of the fail object",
}
BEST_KNOWN = ("documented", "seen_in_code", "reported", "inferred")
SAMPLES = {
    "seed_000_uploader.py": "lwu-upload's sample: choose, upload, abort past 50 %",
    "seed_003_mpx.py": "mpx's sample: passes on WeChat, fails on Alipay, repaired",
    "seed_004_feishu.py": "Feishu's sample and both of its results",
}


def demo() -> int:
    """Run the whole demo; the number of commands that failed."""
    with tempfile.TemporaryDirectory() as folder:
        picture = Path(folder) / "picture.png"
        picture.write_bytes(runpy.run_path(str(HERE / "picture.py"))["png"](640, 480))
        failed = command(picture, "--on", "all", "--form", "user=test")
        differences()
        failed += command(picture, "--on", "my:ide", "--form", "user=test")
    for name, title in SAMPLES.items():
        heading(title, f"python examples/{name}")
        runpy.run_path(str(HERE / name), run_name="__main__")
    print("\nNext: minibridge targets my:ide, minibridge doctor, minibridge upload --help")
    return failed


def command(picture: Path, *flags: str) -> int:
    """Run `minibridge upload` as a user would, and show what was typed."""
    heading("", f"minibridge upload {picture.name} {' '.join(flags)}")
    return int(main(["upload", str(picture), *flags]) != 0)


def differences() -> None:
    """Print where the hosts differ, and how each difference is known."""
    heading("What differs between the hosts, and how it is known", "")
    profiles = {name: Bridge(name).profile for name in all_names() if "/" not in name}
    for field, title in DIFFERENCES.items():
        print(f"{field}: {title}")
        groups: dict[str, list[str]] = {}
        for name, profile in profiles.items():
            groups.setdefault(told(getattr(profile, field)), []).append(name)
        for value, names in groups.items():
            sources = (profiles[name].sources[field] for name in names)
            source = min(sources, key=lambda source: BEST_KNOWN.index(source.status))
            print(wrapped(f"{value}: {', '.join(names)}", 2))
            print(wrapped(f"{source.status}: {source.note or source.address}", 6))


def told(value: object) -> str:
    """Return a field's value in words."""
    if isinstance(value, tuple):
        return ", ".join(value)
    return "none" if value is None else str(value)


def wrapped(text: str, indent: int) -> str:
    """Fold a text to 80 columns."""
    return textwrap.fill(text, 80, initial_indent=" " * indent, subsequent_indent=" " * indent)


def heading(title: str, typed: str) -> None:
    """Print what comes next, and what to type for it."""
    bold, plain = ("\x1b[1m", "\x1b[0m") if colourful() else ("", "")
    lines = ([title] if title else []) + ([f"$ {typed}"] if typed else [])
    print("\n" + "\n".join(f"{bold}{line}{plain}" for line in lines) + "\n", flush=True)


def colourful() -> bool:
    """Tell whether headings may be bold."""
    return sys.stdout.isatty() and not os.environ.get("NO_COLOR")


if __name__ == "__main__":
    sys.exit(demo())
