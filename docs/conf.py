"""The site: `make docs` builds it from the pages beside this file; a warning is an error."""

from __future__ import annotations

import re
from importlib import metadata
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from sphinx.application import Sphinx

project = "minibridge"
author = "the minibridge authors"
project_copyright = author
version = release = metadata.version(project)

extensions = ["myst_parser"]
# Links may name a heading as a reader of the plain files sees it.
myst_heading_anchors = 3
exclude_patterns = ["images"]

html_theme = "furo"
# The one that comes with the theme underlines the names of modules.
pygments_dark_style = "github-dark"
html_title = project
html_show_sphinx = False
html_copy_source = False
html_theme_options = {
    "light_css_variables": {"font-stack": "system-ui, 'PingFang SC', 'Microsoft YaHei', sans-serif"}
}

# The files beside `docs` that a page of the site includes.
_PAGES = {
    "README.md": "docs/index.md",
    "README.zh-CN.md": "docs/zh-CN/index.md",
    "CONTRIBUTING.md": "docs/contributing.md",
    "SECURITY.md": "docs/security.md",
}
_ANCHOR = re.compile(r'^<a id="([\w-]+)"></a>$', re.MULTILINE)
_FILE = re.compile(r"^<!-- file: (\S+) -->\n+```(\w+)$", re.MULTILINE)
_LINK = re.compile(r"\]\(#([\w-]+)\)")


def setup(app: Sphinx) -> None:
    """Let links that suit plain files lead within the site, and tell the language of a page."""
    app.connect("source-read", _name_anchors)
    app.connect("include-read", _lead_to_pages)
    app.connect("html-page-context", _tell_language)


def _name_anchors(_: Sphinx, page: str, source: list[str]) -> None:
    """Make targets of a page's anchors, under its name: another page may have the same."""
    names = {name: f"{page}-{name}" for name in _ANCHOR.findall(source[0])}
    text = _ANCHOR.sub(lambda found: f"({names[found[1]]})=", source[0])
    text = _LINK.sub(lambda found: f"](#{names.get(found[1], found[1])})", text)
    source[0] = _show_files(text)


def _lead_to_pages(_: Sphinx, __: Path, ___: str, source: list[str]) -> None:
    for file, page in _PAGES.items():
        source[0] = source[0].replace(f"]({file})", f"]({page})")
    source[0] = _show_files(source[0])


def _show_files(text: str) -> str:
    """Put the name of its file above a block, where the plain page has it in a comment."""
    return _FILE.sub(r"```{code-block} \2\n:caption: \1\n", text)


def _tell_language(_: Sphinx, page: str, __: str, context: dict[str, object], ___: object) -> None:
    """Name the language of a translated page: browsers pick Chinese glyphs and voices by it."""
    folder, slash, __ = page.partition("/")
    if slash:
        context["language"] = folder
