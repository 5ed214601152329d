"""The matrix as a page: well formed, accessible, complete in itself, and safe to show."""

from __future__ import annotations

import base64
import hashlib
import re
from html.parser import HTMLParser
from typing import TYPE_CHECKING
from urllib.parse import unquote

import pytest

from bridge.matrix.page import page

if TYPE_CHECKING:
    from bridge.matrix import Matrix

VOID = {"meta", "input"}


class Page(HTMLParser):
    """The elements of a page, each with its attributes; refuses tags that do not match."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.text: dict[str, list[str]] = {}
        self.feed(text)
        self.close()
        assert [] == self.open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note an element; one that takes no content is closed at once."""
        self.elements.append((tag, {name: value or "" for name, value in attrs}))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        """Close the element that was opened last."""
        assert tag == self.open.pop()

    def handle_data(self, data: str) -> None:
        """Note a text under the element it stands in."""
        self.text.setdefault(self.open[-1] if self.open else "", []).append(data)

    def all(self, name: str) -> list[dict[str, str]]:
        """Return the attributes of every element of a name."""
        return [attributes for tag, attributes in self.elements if tag == name]

    def values(self, attribute: str) -> list[str]:
        """Return every value of an attribute."""
        return [found[attribute] for _, found in self.elements if attribute in found]


def hashed(text: str) -> str:
    """Return how a policy names an inline text."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


@pytest.fixture(scope="module")
def shown(matrix: Matrix) -> Page:
    """Show every platform of ours."""
    return Page(page(matrix))


def test_every_table_is_named_and_every_heading_has_a_scope(matrix: Matrix, shown: Page) -> None:
    """A screen reader can tell which row and column a cell belongs to."""
    named = [found.get("aria-labelledby") for found in shown.all("table")]
    assert [None, *(found["id"] for found in shown.all("h3"))] == named
    assert (1, len(matrix.tables) + 1) == (len(shown.all("caption")), len(named))
    scopes = [heading.get("scope") for heading in shown.all("th")]
    assert {"row", "col"} == set(scopes)
    rows = sum(len(table.rows) for table in matrix.tables)
    platforms = sum(len(column.platforms) for column in matrix.columns)
    assert rows + platforms == scopes.count("row")


def test_a_narrow_page_keeps_the_roles_of_its_tables(shown: Page) -> None:
    """Where style makes blocks of rows and cells they still count as rows and cells."""
    roles = {"table": "table", "tr": "row", "td": "cell", "thead": "rowgroup", "tbody": "rowgroup"}
    for tag, role in roles.items():
        assert {role} == {found["role"] for found in shown.all(tag)}
    assert {"rowheader", "columnheader"} == {found["role"] for found in shown.all("th")}
    assert all(cell["data-column"] for cell in shown.all("td"))


def test_the_page_fetches_nothing_and_runs_its_own_script_alone(
    matrix: Matrix, shown: Page
) -> None:
    """No picture, no font, no script or style from elsewhere; its policy knows both by hash."""
    [script], [style] = shown.text["script"], shown.text["style"]
    policy = next(
        found["content"]
        for found in shown.all("meta")
        if found.get("http-equiv") == "Content-Security-Policy"
    )
    assert policy.startswith(f"script-src {hashed(script)}; style-src {hashed(style)}; default-src")
    assert "connect-src" not in policy
    used = {tag for tag, _ in shown.elements}
    assert set() == used & {"link", "img", "iframe", "object", "base"}
    assert set() == {name for _, found in shown.elements for name in found} & {"src", "style"}
    assert [] == [name for _, found in shown.elements for name in found if name.startswith("on")]
    assert "@import" not in style
    assert "url(" not in style
    assert "http:" not in page(matrix).partition("</head>")[0]


def test_every_link_within_the_page_has_an_end(shown: Page) -> None:
    """Subjects, entries and sources can be linked; each has one place."""
    ids = shown.values("id")
    assert len(ids) == len(set(ids))
    inner = {unquote(href[1:]) for href in shown.values("href") if href.startswith("#")}
    assert set() == inner - set(ids)
    assert {"limit", "texts.TIMEOUT", "uploadFile.option.files[].file"} <= inner


def test_every_source_is_reached_from_a_cell(shown: Page) -> None:
    """A reference says its number and how the fact is known, in words too."""
    listed = [found["id"] for found in shown.all("li") if "id" in found]
    marks = [found for found in shown.all("a") if found.get("class", "").startswith("source ")]
    assert set(listed) == {found["href"][1:] for found in marks}
    for found in marks:
        number = found["href"].rpartition("-")[2]
        status = found["class"].removeprefix("source ")
        sign = {"seen_in_code": "c", "reported": "r", "inferred": "?"}.get(status, "")
        assert f"source {number}{sign}, {status.replace('_', ' ')}" == found["aria-label"]


def test_links_out_lead_to_pages(shown: Page) -> None:
    """Nothing but https is linked."""
    outer = {href for href in shown.values("href") if not href.startswith("#")}
    assert outer
    assert {"https"} == {href.partition(":")[0] for href in outer}


def test_the_page_suits_light_dark_and_narrow(shown: Page) -> None:
    """Colours follow the reader's choice, and a phone gets its own layout."""
    [style] = shown.text["style"]
    used = set(re.findall(r"var\((--[\w-]+)\)", style))
    named = dict(re.findall(r"(--[\w-]+): ([^;]+);", style))
    assert used <= set(named)
    colours = {name for name, value in named.items() if "#" in value}
    assert colours == {name for name in named if named[name].startswith("light-dark(")}
    assert "@media (max-width: 60rem)" in style
    assert {"width=device-width, initial-scale=1", "light dark"} <= {
        found.get("content", "") for found in shown.all("meta")
    }


def test_rows_without_a_difference_can_be_hidden(matrix: Matrix, shown: Page) -> None:
    """They carry the class by which the page's script knows them."""
    alike = {row.entry for table in matrix.tables for row in table.rows if row.alike}
    assert alike == {found["id"] for found in shown.all("tr") if found.get("class") == "alike"}
    assert "checkbox" in [found["type"] for found in shown.all("input")]


def attributes_of(shown: Page) -> set[str]:
    """Return the names of all attributes."""
    return {name for _, found in shown.elements for name in found}


def test_whatever_a_host_says_is_shown_as_text(harmful: Matrix, matrix: Matrix, harm: str) -> None:
    """Tags, quotes and addresses of a host can neither add an element nor an attribute."""
    shown = Page(page(harmful))
    usual = Page(page(matrix))
    assert len(usual.all("script")) == len(shown.all("script"))
    assert attributes_of(usual) == attributes_of(shown)
    assert {harm, f"`{harm}`"} <= set(shown.text["code"])
    assert harm in shown.values("data-column")
    ids = shown.values("id")
    assert f"device.info.{harm}" in ids
    assert len(ids) == len(set(ids))
    inner = {unquote(href[1:]) for href in shown.values("href") if href.startswith("#")}
    assert set() == inner - set(ids)
    assert [] == [href for href in shown.values("href") if not href.startswith(("#", "https://"))]
