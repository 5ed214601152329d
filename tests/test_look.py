"""The look of the terminal: widths, wrapping, tables."""

from __future__ import annotations

from io import StringIO
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from bridge import registry
from bridge.look import Cell, Row, Screen, Table, cell_width, many, shortened, shown, wrap
from bridge.profile import Profile, Text

if TYPE_CHECKING:
    from collections.abc import Iterator


def host_texts() -> Iterator[str]:
    """Yield every text of every host."""
    for platform in registry.everything():
        if isinstance(platform, Profile):
            yield from (t.message for t in platform.texts.values() if isinstance(t, Text))


def text_of(table: Table, width: int) -> list[str]:
    """Return a laid-out table as plain lines."""
    return ["".join(cell.text for cell in line).rstrip() for line in table.lines(width)]


def test_widths_agree_with_rich_on_every_text_of_a_host() -> None:
    """Chinese texts take two cells a character, as rich counts them."""
    for text in host_texts():
        assert cell_len(text) == cell_width(text)


@pytest.mark.parametrize(
    ("text", "width"), [("abc", 3), ("无效", 4), ("e\u0301", 1), ("ｱ", 1), ("Ａ", 2), ("\x1b", 4)]
)
def test_the_width_of_a_text(text: str, width: int) -> None:
    """Wide characters count twice, marks not at all, control characters as they are shown."""
    assert width == cell_width(text)


def test_control_characters_are_spelled_out() -> None:
    """Escapes, newlines and lone surrogates are shown, never sent to the terminal."""
    assert "a\\x1b[2J\\n\\ud800无" == shown("a\x1b[2J\n\ud800无")


@given(st.text(max_size=80), st.integers(min_value=12, max_value=40))
def test_wrapped_lines_fit_and_lose_nothing_but_blanks(text: str, width: int) -> None:
    """No line is wider than asked for, and only blanks at a break disappear."""
    lines = wrap(text, width)
    assert all(cell_width(line) <= width for line in lines)
    assert "".join(shown(text).split()) == "".join("".join(lines).split())


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("one two three", ["one two", "three"]),
        ("one/two/three", ["one/two/", "three"]),
        ("onetwothree", ["onetwothr", "ee"]),
        ("无效参数失败", ["无效参数", "失败"]),
        ("", [""]),
        ("python            ", ["python"]),
    ],
)
def test_a_text_is_broken_where_it_reads_best(text: str, lines: list[str]) -> None:
    """Blanks first, then marks inside addresses, then anywhere."""
    assert lines == wrap(text, 9)


def test_columns_are_aligned_by_cells() -> None:
    """A column's width is that of its widest text, CJK counted double."""
    rows = [Row((Cell("无效"), Cell("1"), Cell("x"))), Row((Cell("ab"), Cell("10"), Cell("y")))]
    assert ["A      N  B", "无效   1  x", "ab    10  y"] == text_of(
        Table(("A", ">N", "B"), rows), 40
    )


def test_the_last_column_wraps_and_what_is_below_is_indented() -> None:
    """A long last cell takes several lines; notes follow under the row."""
    row = Row((Cell("a"), Cell("one two three four five")), (Cell("why"),))
    assert ["a  one two three", "   four five", "    why"] == text_of(Table(("", ""), [row]), 19)


def test_a_labelled_text_wraps_in_its_own_column() -> None:
    """Labels of different lengths leave the texts aligned."""
    out = StringIO()
    screen = Screen(out, 24, colour=False)
    screen.labelled("expected", "one two three four", 2)
    screen.labelled("but", "five", 2)
    assert [
        "  expected one two",
        "           three four",
        "  but      five",
    ] == out.getvalue().splitlines()


def test_a_number_agrees_with_its_word() -> None:
    """One is no plural, and nothing is; thousands are parted."""
    assert ["0 calls", "1 call", "1,000 calls"] == [many(n, "call") for n in (0, 1, 1000)]


def test_a_shortened_text_tells_that_it_is_one() -> None:
    """Only what is longer loses its end."""
    assert ["abc", "abc..."] == [shortened("abc", 3), shortened("abcd", 3)]
