"""The site of the guides: it is built without a warning, and fetches nothing from elsewhere."""

from __future__ import annotations

import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import pytest

DOCS = Path(__file__).resolve().parents[1] / "docs"
PAGES = sorted(page.relative_to(DOCS).with_suffix("").as_posix() for page in DOCS.rglob("*.md"))
# What a browser loads by itself; a link is followed by a person.
LOADED = re.compile(
    r"""<(?:script|img|iframe|source)\b[^>]*?\bsrc="([^"]*)"|<link\b[^>]*?\bhref="([^"]*)\""""
    r"""|url\(["']?([^"')]*)|@import\s+["']([^"']*)""",
)


@dataclass(frozen=True, slots=True)
class Built:
    """How a build ended, what it said, and where the pages are."""

    status: int
    said: str
    pages: Path


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Built:
    """Build the site as `make docs` does; the pages are there in spite of warnings."""
    folder = tmp_path_factory.mktemp("site")
    flags = ("--builder", "html", "--fail-on-warning", "--keep-going", "--quiet")
    done = subprocess.run(
        [sys.executable, "-m", "sphinx", *flags, "-d", folder / "doctrees", DOCS, folder / "html"],
        capture_output=True,
        text=True,
        check=False,
        timeout=100,
    )
    return Built(done.returncode, done.stderr, folder / "html")


@pytest.fixture(scope="module")
def site(built: Built) -> Path:
    """Return the folder of the pages."""
    return built.pages


def test_the_site_is_built_without_a_warning(built: Built) -> None:
    """A page that is in no navigation is a warning, and so is a link that leads nowhere."""
    assert "" == built.said
    assert 0 == built.status


def test_the_first_page_leads_to_every_other(site: Path) -> None:
    """By the navigation at its side; a new page is one more line of `docs/index.md`."""
    text = (site / "index.html").read_text(encoding="utf-8")
    [tree] = re.findall(r'<div class="sidebar-tree">(.*?)</div>', text, re.DOTALL)
    found = set(re.findall(r'class="reference internal" href="([^"#]+)\.html"', tree))
    missing = sorted({*PAGES} - found - {"index"})
    assert [] == missing, f"docs/index.md has no line for {', '.join(missing)}"


def test_a_block_is_shown_with_the_name_of_its_file(site: Path) -> None:
    """The comment that names it is for the tests, and is no part of a page."""
    text = (site / "first-test.html").read_text(encoding="utf-8")
    captions = re.findall(r'block-caption"><span class="caption-text">([^<]*)<', text)
    assert ["avatar.js", "test_avatar.py", "avatar.js", "test_avatar.py"] == captions


def test_a_translated_page_names_its_language(site: Path) -> None:
    """A browser picks glyphs, and a screen reader its voice, by the language of the page."""
    first = {page: (site / f"{page}.html").read_text(encoding="utf-8") for page in PAGES}
    told = {page: re.findall(r'<html [^>]*lang="([^"]*)"', text) for page, text in first.items()}
    expected = {page: [page.partition("/")[0] if "/" in page else "en"] for page in PAGES}
    assert expected == told


@pytest.mark.parametrize("page", PAGES)
def test_a_link_leads_somewhere(site: Path, page: str) -> None:
    """To a page of the site, to a place on it that exists, or to another site."""
    file = site / f"{page}.html"
    links = re.findall(r'<a\b[^>]*?\bhref="([^"]*)"', file.read_text(encoding="utf-8"))
    assert [] == [link for link in links if not leads_somewhere(file, link)]


def leads_somewhere(file: Path, link: str) -> bool:
    """Tell whether what a link names exists, as far as it is here."""
    url = urlsplit(link)
    if url.scheme or link == "#":
        return True
    target = file.parent / url.path if url.path else file
    if not url.fragment:
        return target.exists()
    return target.exists() and f'id="{url.fragment}"' in target.read_text(encoding="utf-8")


def test_no_page_loads_anything_from_elsewhere(site: Path) -> None:
    """No font, script, style or picture."""
    files = [file for kind in ("html", "css") for file in site.rglob(f"*.{kind}")]
    assert len(PAGES) < len(files)
    loaded = {
        (file.name, address)
        for file in files
        for found in LOADED.findall(file.read_text(encoding="utf-8"))
        for address in found
    }
    assert {""} >= {urlsplit(address).netloc for _, address in loaded}, loaded
