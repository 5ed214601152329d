"""The frame of the page: what `web/` holds, and the policy that allows nothing else."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass
from typing import Final

from bridge.report import bundle


@dataclass(frozen=True, slots=True)
class Frame:
    """A kind of page: its body, its title, and what it looks like beside what all pages share."""

    page: str
    title: str
    styles: tuple[str, ...]


REPORT: Final = Frame("report.html", "minibridge report", ("panes.css", "report.css"))
CHECK: Final = Frame("check.html", "minibridge check", ("panes.css", "check.css"))
MATRIX: Final = Frame("matrix.html", "minibridge: what each host does", ("matrix.css",))
_SHARED: Final = ("tokens.css", "frame.css")

_POLICY: Final = (
    "default-src 'none'",
    "img-src data:",
    "base-uri 'none'",
    "form-action 'none'",
    "require-trusted-types-for 'script'",
    "trusted-types 'none'",
)


def document(frame: Frame, entry: str, *, connect: str | None = None) -> tuple[str, str]:
    """
    Return what stands before and after the data of a page.

    Args:
        frame: the kind of page.
        entry: the module of `web/` that starts it: `file.mjs` reads the data that the page holds.
        connect: a source the page may hear from, such as `'self'`; None for a page that is a file.
    """
    style = f"\n{bundle.style(*_SHARED, *frame.styles)}"
    script = f"\n{bundle.script(entry)}"
    policy = [f"script-src {_hashed(script)}", f"style-src {_hashed(style)}", *_POLICY]
    if connect is not None:
        policy.append(f"connect-src {connect}")
    head = bundle.text_of("head.html").replace("@@title@@", frame.title)
    head = head.replace("@@policy@@", "; ".join(policy)).replace("@@style@@", style)
    before, _, after = bundle.text_of(frame.page).partition("@@data@@\n")
    return head + before, after.replace("@@script@@", script)


def _hashed(text: str) -> str:
    """Return how a policy names an inline text."""
    digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
    return f"'sha256-{digest}'"
