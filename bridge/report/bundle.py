"""
The page's own code: the ES modules of `web/`, joined into the single script of the page.

A page opened from disk cannot import modules, and its policy allows one inline script, by its hash.
So each module becomes a function that returns what it exports, imported ones first. They stay plain
modules to whoever reads, checks or tests them; of `import` and `export` they use these forms alone:
`import { a, b } from './other.mjs';` and `export` before a function, a class or a const.
"""

from __future__ import annotations

import re
from importlib import resources
from typing import Final

_IMPORT: Final = re.compile(r"^import (\{[^}]*\}) from '\./([\w-]+\.mjs)';$", re.MULTILINE)
_EXPORT: Final = re.compile(r"^export ((?:async )?function|class|const) (\w+)", re.MULTILINE)


def text_of(name: str) -> str:
    """Return a file of `web/`."""
    return resources.files(__package__).joinpath("web", name).read_text(encoding="utf-8")


def script(entry: str) -> str:
    """Return a module and all that it imports as one script."""
    modules: dict[str, str] = {}
    _collect(entry, modules)
    return "".join(["'use strict';\nconst modules = {};\n", *modules.values()])


def _collect(name: str, modules: dict[str, str]) -> None:
    if name in modules:
        return
    text = text_of(name)
    for _, imported in _IMPORT.findall(text):
        _collect(imported, modules)
    modules[name] = _function(name, text)


def _function(name: str, text: str) -> str:
    exported = ", ".join(found for _, found in _EXPORT.findall(text))
    inner = _EXPORT.sub(r"\1 \2", _IMPORT.sub(r"const \1 = modules['\2'];", text))
    return f"\nmodules['{name}'] = (() => {{\n{inner}\nreturn {{ {exported} }};\n}})();\n"


def style(*names: str) -> str:
    """Return some style sheets as one."""
    return "".join(map(text_of, names))
