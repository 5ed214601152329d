"""The pages on bad networks say what the code does."""

from __future__ import annotations

import inspect
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from bridge import registry
from bridge.cli import main
from bridge.conditions import PRESETS, condition
from bridge.matrix import matrix_of
from bridge.matrix.conditions import CONDITIONS, page, tables
from bridge.network import Network
from bridge.profile import Profile, Text
from bridge.reasons import TLS_CAUSES, Reason

if TYPE_CHECKING:
    from collections.abc import Iterable

DOCS = Path(__file__).resolve().parents[2] / "docs"
COMMAND = "minibridge matrix --format conditions -o docs/conditions.md"
GUIDE = (DOCS / "network.md").read_text(encoding="utf-8")
ASKED = {
    "apply",
    "script",
    "watch",
    "attend",
    "begin",
    "judge",
    "passage",
    "mark",
    "reach",
    "close",
}


def rows(heading: str) -> Iterable[list[str]]:
    """Yield the cells of a table of the guide, by its first heading."""
    lines = GUIDE[GUIDE.index(f"| {heading} |") :].split("\n\n")[0].splitlines()[2:]
    return ([cell.strip() for cell in line.strip("|").split("|")] for line in lines)


def test_the_page_of_conditions_is_what_the_command_writes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`docs/conditions.md` follows every change of a fact."""
    monkeypatch.chdir(tmp_path)
    Path("docs").mkdir()
    assert 0 == main(COMMAND.split()[1:])
    fresh = Path("docs/conditions.md").read_text(encoding="utf-8")
    if fresh != (DOCS / "conditions.md").read_text(encoding="utf-8"):
        pytest.fail(f"docs/conditions.md is stale; write it anew with `{COMMAND}`")


def test_every_host_has_a_word_on_every_condition() -> None:
    """No cell of the first table is empty but for the causes of TLS that few hosts tell apart."""
    hosts = [each for each in registry.everything() if isinstance(each, Profile)]
    matrix = matrix_of(hosts)
    first = next(iter(tables(matrix)))
    assert len(CONDITIONS) == len(first.rows)
    told = {p.name for column in first.columns for p in column.platforms}
    assert {host.name for host in hosts} == told
    whole_rows = [row for row in first.rows if "tls:" not in row.name]
    assert len(whole_rows) == len(first.rows) - len(TLS_CAUSES)
    assert all(cell.facts for row in whole_rows for cell in row.cells)
    whole = page(matrix)
    for host in hosts:
        text = host.texts[Reason.NETWORK_CHANGED]
        assert isinstance(text, Text)
        assert text.message.split(":fail")[0] in whole


def test_the_guide_names_every_condition() -> None:
    """Each method and each word stands in its table, and does what the other does."""
    names = {name for name, _ in inspect.getmembers(Network, inspect.isfunction)}
    table = list(rows("What a mini-program meets"))
    told = {cell[1].split("(")[0].strip("`.") for cell in table}
    assert {name for name in names if not name.startswith("_")} - ASKED == told
    for _, method, words, _ in table:
        for text in words.replace("`", "").split(", "):
            by_text, by_method = Network(), Network()
            condition(text).set(by_text)
            call = method.split("`, `")[-1 if text.startswith("slow") else 0].strip("`.")
            eval(f"network.{call}", {"network": by_method})  # noqa: S307  the guide's own words
            assert by_method.conditions == by_text.conditions


def test_the_guide_has_the_presets_as_they_are() -> None:
    """Figures in kilobits and milliseconds."""
    shown: dict[str, Any] = {cells[0].strip("`"): cells[1:] for cells in rows("Preset")}
    assert list(PRESETS) == list(shown)
    for name, preset in PRESETS.items():
        slow = preset.slow
        assert slow.up
        assert slow.down
        rates = [f"{rate / 125:.0f} kbit/s" for rate in (slow.up, slow.down)]
        times = [f"{seconds * 1000:.0f} ms" for seconds in (slow.latency, slow.jitter)]
        assert [*rates, *times, f"`{preset.kind}`"] == shown[name]
