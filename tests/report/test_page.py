"""The page as a document: complete in itself, under a strict policy, and cheap to write."""

from __future__ import annotations

import base64
import gzip
import hashlib
import io
import json
import re
import tracemalloc
from html.parser import HTMLParser
from typing import TYPE_CHECKING

import pytest

from bridge import BridgeError
from bridge.report import Page, write_report
from bridge.report.document import REPORT, document
from bridge.report.texts import Texts
from tests.report.samples import Json, record, trace

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

VOID = {"meta", "input"}
HOSTILE = "</script><script>hit()</script><!--<script>&amp;]]>'\"\u2028"


class Document(HTMLParser):
    """The elements of a page, as `(name, attributes, text)`; refuses tags that do not match."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str], str]] = []
        self._open: list[int] = []
        self.feed(text)
        self.close()
        assert [] == self._open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note an element; one that takes no content is closed at once."""
        self.elements.append((tag, {name: value or "" for name, value in attrs}, ""))
        if tag not in VOID:
            self._open.append(len(self.elements) - 1)

    def handle_endtag(self, tag: str) -> None:
        """Close the element that was opened last."""
        assert tag == self.elements[self._open.pop()][0]

    def handle_data(self, data: str) -> None:
        """Add a text to the element it stands in."""
        if self._open:
            at = self._open[-1]
            name, attributes, text = self.elements[at]
            self.elements[at] = (name, attributes, text + data)

    def all(self, name: str) -> list[tuple[dict[str, str], str]]:
        """Return the attributes and texts of the elements of a name."""
        return [(attributes, text) for tag, attributes, text in self.elements if tag == name]


def written(records: Iterable[Json], title: str = "a.jsonl") -> str:
    """Return a page."""
    out = io.StringIO()
    page = Page(out, title)
    for each in records:
        page.add(each)
    page.close([])
    return out.getvalue()


def data_of(text: str) -> tuple[list[Json], dict[str, str], Json]:
    """Return the records, the long texts and the rest of what a page holds."""
    records: list[Json] = []
    texts, about = {}, {}
    for attributes, content in Document(text).all("script"):
        if attributes.get("class") == "calls":
            lines = gzip.decompress(base64.b64decode(json.loads(content))).decode().split("\n")
            records += map(json.loads, lines)
        elif attributes.get("id") == "about":
            about = json.loads(content)
        elif "id" in attributes:
            texts[attributes["id"].removeprefix("text-")] = json.loads(content)
    return records, texts, about


def policy_of(text: str) -> dict[str, str]:
    """Return the directives of the page's policy."""
    [content] = [
        attributes["content"]
        for attributes, _ in Document(text).all("meta")
        if attributes.get("http-equiv") == "Content-Security-Policy"
    ]
    return {name: rest for name, _, rest in (each.partition(" ") for each in content.split("; "))}


def named(text: str) -> str:
    """Return how a policy names an inline text."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def test_the_policy_allows_the_one_script_and_the_one_style_alone() -> None:
    """Each is known by the hash of its very text; nothing may be fetched, framed or sent."""
    text = written([record()])
    found = Document(text)
    [script] = [inner for attributes, inner in found.all("script") if not attributes]
    [(_, style)] = found.all("style")
    assert {
        "script-src": named(script),
        "style-src": named(style),
        "default-src": "'none'",
        "img-src": "data:",
        "base-uri": "'none'",
        "form-action": "'none'",
        "require-trusted-types-for": "'script'",
        "trusted-types": "'none'",
    } == policy_of(text)


def test_a_page_that_hears_from_a_server_may_connect_there_and_nowhere_else() -> None:
    """The frame serves a page that is fed while things happen as well."""
    before, after = document(REPORT, "file.mjs", connect="'self'")
    assert "'self'" == policy_of(before + after)["connect-src"]


def test_the_page_names_no_address_to_fetch() -> None:
    """No element has an address, and the style takes nothing in."""
    found = Document(written([record()]))
    addresses = [
        value
        for name, attributes, _ in found.elements
        for key, value in attributes.items()
        if key in ("src", "srcset", "href", "action", "data", "poster", "style") or key[:2] == "on"
        if (name, value) != ("a", "#calls")
    ]
    assert [] == addresses
    [(_, style)] = found.all("style")
    assert [] == re.findall(r"@import|url\(", style)


def test_what_goes_in_comes_out() -> None:
    """Records keep their order and values through the blocks; Chinese and half characters too."""
    records = [
        record(id=number, options={"name": f"张三 {number} \ud800 {HOSTILE}"})
        for number in range(600)
    ]
    found, texts, about = data_of(written(records))
    assert records == found
    assert {} == texts
    assert ("a.jsonl", 0, []) == (about["title"], about["leftOut"], about["skipped"])


@pytest.mark.parametrize("calls", [1, 255, 256, 257, 512])
def test_no_record_is_lost_between_blocks(calls: int) -> None:
    """Whatever the last block holds, all of them are there."""
    found, _, _ = data_of(written(record(id=number) for number in range(calls)))
    assert [*range(calls)] == [each["id"] for each in found]


def test_data_cannot_end_the_element_it_stands_in() -> None:
    """No `<` of a record, a long text or a title is written as such."""
    long = HOSTILE * 20
    text = written([record(api=HOSTILE, target=HOSTILE, options={"name": long})], HOSTILE)
    found = Document(text)
    scripts = found.all("script")
    assert 1 == sum(not attributes for attributes, _ in scripts)
    assert [] == [content for attributes, content in scripts if attributes and "<" in content]
    _, texts, about = data_of(text)
    assert [long] == [*texts.values()]
    assert HOSTILE == about["title"]


def test_a_long_text_is_kept_once() -> None:
    """A picture sent a thousand times, and a body told to three callbacks, cost one copy each."""
    picture, body = {"$bytes": "iVBO" * 1000}, "b" * 5000
    records = [
        record(id=number, options={"a": picture}, outcome={"ok": True, "result": {"data": body}})
        for number in range(1000)
    ]
    text = written(records)
    found, texts, _ = data_of(text)
    assert ["iVBO" * 1000, body] == [*texts.values()]
    assert {"$bytes": {"$kept": hashlib.sha256(b"iVBO" * 1000).hexdigest()}} == found[999][
        "options"
    ]["a"]
    assert 1 == text.count("iVBO" * 1000)


def test_texts_without_room_are_counted_and_their_length_told() -> None:
    """What was kept before stays, what comes after is left out until it fits."""
    kept: dict[str, str] = {}
    texts = Texts(kept.__setitem__, room=1000)
    a, b, c = "a" * 600, "b" * 600, "c" * 400
    [first, again, left, fits] = [texts.moved(text) for text in (a, a, b, c)]
    assert [a, c] == [*kept.values()]
    assert (first, {"$left_out": 600}) == (again, left)
    assert {"$kept": [*kept][1]} == fits
    assert 1 == texts.left_out


@pytest.mark.parametrize(
    ("target", "about"),
    [
        ("wx", {"title": "WeChat on a phone", "limits": {"": 10, "request": 10}}),
        ("acme/unknown", None),
    ],
)
def test_the_page_knows_what_each_target_is(target: str, about: Json | None) -> None:
    """Its title and how many calls it runs at once; nothing of a target that is not installed."""
    _, _, found = data_of(written([record(target=target)]))
    assert {target: about} == found["targets"]


def test_a_layer_is_named_with_its_host() -> None:
    """The title tells both, and the limits are the host's."""
    _, _, found = data_of(written([record(target="uni/tt:feishu")]))
    assert {"": 5, "request": 10} == found["targets"]["uni/tt:feishu"]["limits"]
    assert " over Feishu" in found["targets"]["uni/tt:feishu"]["title"]


def test_the_same_trace_makes_the_same_page(tmp_path: Path) -> None:
    """Nothing of the page depends on when it was written."""
    path = trace(tmp_path / "a.jsonl", [record(id=number) for number in range(300)])
    write_report(path, tmp_path / "1.html")
    write_report(path, tmp_path / "2.html")
    assert (tmp_path / "1.html").read_bytes() == (tmp_path / "2.html").read_bytes()
    blocks = re.findall('class="calls">"([^"]+)"', (tmp_path / "1.html").read_text())
    assert [bytes(4)] * 2 == [base64.b64decode(block)[4:8] for block in blocks]


def test_writing_a_long_trace_needs_little_memory(tmp_path: Path) -> None:
    """Of 10 MB in 1,000 records there is never more than a block in memory."""
    path = tmp_path / "a.jsonl"
    filler = [{"ms": at, "name": f"n{at}", "payload": {"told": "x" * 200}} for at in range(40)]
    line = json.dumps(record(callbacks=filler))
    with path.open("w") as file:
        file.writelines(f"{line}\n" for _ in range(1000))
    assert path.stat().st_size > 10_000_000
    trace(tmp_path / "warm.jsonl", [record()])
    write_report(tmp_path / "warm.jsonl", tmp_path / "warm.html")
    tracemalloc.start()
    try:
        write_report(path, tmp_path / "a.html")
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 5_000_000


def test_a_page_is_not_left_half_written(tmp_path: Path) -> None:
    """A trace that turns out to be unreadable leaves the page of before, and nothing else."""
    path, page = tmp_path / "a.jsonl", tmp_path / "a.html"
    page.write_text("before")
    trace(path, [*(record(id=number) for number in range(500)), {"v": 99}])
    with pytest.raises(BridgeError, match=r"line 501 .* trace version 99"):
        write_report(path, page)
    assert "before" == page.read_text()
    assert {path, page} == {*tmp_path.iterdir()}


def test_a_trace_of_too_long_a_name_cannot_be_read(tmp_path: Path) -> None:
    """It is compared with the page first, which is no fault of ours either."""
    with pytest.raises(BridgeError, match=r"cannot read the trace .*: File name too long"):
        write_report(tmp_path / ("x" * 300), tmp_path / "page.html")


def test_a_page_never_takes_the_place_of_its_trace(tmp_path: Path) -> None:
    """`-o` with the trace's own name is refused, by any spelling."""
    path = trace(tmp_path / "a.jsonl", [record()])
    before = path.read_bytes()
    with pytest.raises(BridgeError, match="would overwrite the trace"):
        write_report(path, tmp_path / "." / ".." / tmp_path.name / "a.jsonl")
    assert before == path.read_bytes()


def test_a_page_without_its_trace_stays_as_it_was(tmp_path: Path) -> None:
    """A trace that is not there is refused, and the page of before is kept."""
    page = tmp_path / "a.html"
    page.write_text("before")
    with pytest.raises(BridgeError, match="cannot read the trace"):
        write_report(tmp_path / "none.jsonl", page)
    assert "before" == page.read_text()


@pytest.mark.parametrize("name", ["none/a.html", "folder"])
def test_a_place_that_cannot_be_written_is_named(tmp_path: Path, name: str) -> None:
    """A folder that is not there, or a folder where the page should go."""
    (tmp_path / "folder" / "inner").mkdir(parents=True)
    path = trace(tmp_path / "a.jsonl", [record()])
    with pytest.raises(BridgeError, match=r"cannot write the page '.*': "):
        write_report(path, tmp_path / name)
