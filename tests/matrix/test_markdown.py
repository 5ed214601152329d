"""The matrix as Markdown: tables that hold together, references that lead somewhere."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from markdown_it import MarkdownIt

from bridge.matrix.markdown import markdown

if TYPE_CHECKING:
    from markdown_it.token import Token

    from bridge.matrix import Matrix

PIPE = re.compile(r"(?<!\\)\|")
TAGS = re.compile(r'</?(sup|details|summary)>|<br>|<a id="[\w-]+">|</a>')


def cells(line: str) -> list[str]:
    """Return the cells of a line of a table."""
    return [cell.strip() for cell in PIPE.split(line)[1:-1]]


def sections(text: str) -> list[list[str]]:
    """Return the lines of each section, the introduction left out."""
    return [section.splitlines() for section in re.split(r"^## ", text, flags=re.MULTILINE)[1:]]


def rows(section: list[str]) -> list[list[str]]:
    """Return the cells of each line of a section's table, the heading first."""
    return [cells(line) for line in section if line.startswith("|") and "| --- |" not in line]


def inline(text: str) -> list[Token]:
    """Read Markdown and return what stands within its paragraphs, headings, items and cells."""
    blocks = MarkdownIt("commonmark").enable("table").parse(text)
    return [token for block in blocks for token in block.children or ()]


def test_there_is_one_table_a_subject(matrix: Matrix) -> None:
    """Each has a row per entry and a cell per host."""
    found = sections(markdown(matrix))
    assert [table.subject.title for table in matrix.tables] == [each[0] for each in found]
    for table, section in zip(matrix.tables, found, strict=True):
        heading, *body = rows(section)
        assert ["Entry", *(f"`{column.head.name}`" for column in table.columns)] == heading
        assert [f"`{row.name}`" for row in table.rows] == [row[0].split("<br>")[0] for row in body]
        assert {len(heading)} == {len(row) for row in body}


def test_a_cell_tells_value_version_and_variants(matrix: Matrix) -> None:
    """Each statement has the number of its source, with the sign of its status."""
    text = markdown(matrix)
    line = next(line for line in text.splitlines() if line.startswith("| `status_code`<br>"))
    expected = (
        r"`number` <sup>\d+</sup><br>`my:harmony`: `string` <sup>\d+r</sup>"
        r"<br>`my:ide`: `string` <sup>\d+</sup>"
    )
    assert any(re.fullmatch(expected, cell) for cell in cells(line)[1:])
    assert "`number? = 60000`, from 10.2.80 <sup>" in text


def test_every_number_is_that_of_a_source_below(matrix: Matrix) -> None:
    """No reference is missing, and none is there for nothing."""
    for section in sections(markdown(matrix)):
        used = {int(number) for number in re.findall(r"<sup>(\d+)\D?</sup>", "\n".join(section))}
        listed = [int(line.partition(".")[0]) for line in section if re.match(r"\d+\. ", line)]
        assert sorted(used) == listed
        assert f"<details><summary>{len(listed)} sources</summary>" in section


def test_a_source_tells_status_address_date_and_note(matrix: Matrix) -> None:
    """The address leads to the page, where there is one."""
    text = markdown(matrix)
    page = "opendocs.alipay.com/mini/api/kmq4hc"
    assert f"documented · [{page}](https://{page}) · 2022-11-28" in text
    assert "reported · pasted logs of public apps · " in text
    assert re.search(r"^\d+\. inferred · a request sends no file$", text, re.MULTILINE)


def test_the_platforms_are_counted(matrix: Matrix) -> None:
    """The overview counts each platform's facts by how they are known."""
    [line] = [line for line in markdown(matrix).splitlines() if line.startswith("| `uploader` |")]
    said = [hosts["uploader"] for hosts in matrix.facts.values() if "uploader" in hosts]
    known = [str(fact.source.status) for fact in said]
    statuses = ("recorded", "documented", "seen_in_code", "reported", "inferred")
    counts = [str(known.count(status)) for status in statuses]
    assert ["`uploader`", "lwu-upload", "", *counts] == cells(line)
    assert "| `my:ide`, a variant of `my` | Alipay simulator (IDE) | client |" in markdown(matrix)


def test_every_subject_is_linked(matrix: Matrix) -> None:
    """The list of subjects leads to the tables."""
    text = markdown(matrix)
    linked = re.findall(r"^- \[.+\]\(#([\w-]+)\)$", text, re.MULTILINE)
    assert [table.subject.key for table in matrix.tables] == linked
    assert re.findall(r'^<a id="([\w-]+)"></a>$', text, re.MULTILINE) == linked


def test_a_reader_of_markdown_sees_the_same_tables(matrix: Matrix, harmful: Matrix) -> None:
    """One table per subject and the overview, with no tag but those of the layout."""
    for laid_out in (matrix, harmful):
        text = markdown(laid_out)
        blocks = MarkdownIt("commonmark").enable("table").parse(text)
        tables = [block for block in blocks if block.type == "table_open"]
        assert len(laid_out.tables) + 1 == len(tables)
        tags = {token.content for token in inline(text) if token.type == "html_inline"}
        assert [] == [tag for tag in tags if not TAGS.fullmatch(tag)]
        raw = {block.content.strip() for block in blocks if block.type == "html_block"}
        assert [] == [html for html in raw if not TAGS.sub("", html).endswith(("sources", ""))]


def test_no_value_breaks_out_of_its_cell(harmful: Matrix, harm: str) -> None:
    """Pipes, backticks, tags, links and line ends of a host stay text."""
    text = markdown(harmful)
    for section in sections(text):
        heading, *body = rows(section)
        assert {len(heading)} == {len(row) for row in body}
    tokens = inline(text)
    on_one_line = harm.replace("\n", " ")
    assert on_one_line in {token.content for token in tokens if token.type == "code_inline"}
    assert f"`{on_one_line}`" in {token.content for token in tokens if token.type == "code_inline"}
    hrefs = [str(token.attrs["href"]) for token in tokens if token.type == "link_open"]
    assert [] == [href for href in hrefs if not href.startswith(("https://", "#"))]
    assert set() == {token.type for token in tokens} & {"em_open", "strong_open", "image"}
