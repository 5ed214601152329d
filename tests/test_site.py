"""The site of the guides: it is built without a warning, and fetches nothing from elsewhere."""

from __future__ import annotations

import re
import subprocess
import sys
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


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the site as `make docs` does; a warning is an error."""
    folder = tmp_path_factory.mktemp("site")
    flags = ("--builder", "html", "--fail-on-warning", "--keep-going", "--quiet")
    done = subprocess.run(
        [sys.executable, "-m", "sphinx", *flags, "-d", folder / "doctrees", DOCS, folder / "html"],
        capture_output=True,
        text=True,
        check=False,
        timeout=100,
    )
    assert 0 == done.returncode, done.stderr
    return folder / "html"


def test_the_first_page_leads_to_every_other(site: Path) -> None:
    """By its navigation."""
    text = (site / "index.html").read_text(encoding="utf-8")
    found = set(re.findall(r'class="reference internal" href="([^"#]+)\.html"', text))
    assert {*PAGES} - {"index"} == found & {*PAGES}


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
