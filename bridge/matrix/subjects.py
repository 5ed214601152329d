"""The order in which the facts are told: which entries belong together, and under which title."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Subject:
    """
    What one table is about.

    Attributes:
        key: a word for links.
        title: the heading.
        entries: an expression that the address of an entry has to match in full. What its group
            holds is the name of the row, for entries that share all the rest of their address.
        note: how to read the cells, where that needs a word.
    """

    key: str
    title: str
    entries: str
    note: str = ""

    def name_of(self, entry: str) -> str | None:
        """Return the name of an entry's row, None where the entry belongs elsewhere."""
        found = re.fullmatch(self.entries, entry, re.DOTALL)
        if found is None:
            return None
        return found[1] if found.re.groups else entry


_TYPES = "`?` after a type marks what may be left out, `=` comes before a default."
_KEYS = "`?` after a type marks a key that is not always there."
_TEXTS = "What stands in braces is filled in by the call; `never`: no such failure can be met."
_CALLS = (
    "`({...})` takes one object, which may hold callbacks, `(...)` one value after the other, `?`"
    " marks what may be left out; `→` comes before the keys of the answer, `←` before those of the"
    " news a listener gets. `or a Promise`: where no callback is given."
)

SUBJECTS: Final = (
    Subject(
        "returns",
        "What the call returns",
        "returns|after_bad_parameter|members|off_without_function|duplicate_listeners",
    ),
    Subject("options", "Options of `uploadFile`", r"uploadFile\.option\.(.+)", _TYPES),
    Subject(
        "judging",
        "How options are judged",
        "option_aliases|empty|mismatch|problem|missing|problems|blank_name|file_type|without_effect"
        "|fixed_timeout|zero_timeout|max_timeout|max_size",
    ),
    Subject(
        "rules",
        "Rules: addresses, headers, cookies",
        "schemes|page_origin|domain_.+|local_addresses|recheck_redirects|max_redirects|check_cors"
        "|(?:forbidden|refused|trace)_headers|content_type|referer|user_agent|cookies|filename",
    ),
    Subject("schedule", "Schedule and background", "limit|overflow|background_.+"),
    Subject("success", "What `success` receives", r"uploadFile\.success\.(.+)", _KEYS),
    Subject("fail", "What `fail` receives", r"uploadFile\.fail\.(.+)", _KEYS),
    Subject("progress", "What a progress listener receives", r"uploadFile\.progress\.(.+)", _KEYS),
    Subject(
        "shape",
        "How results are shaped",
        "success|fail|message_key|code_key|errno|status_code|header_case|headers_event|headers_keys"
        "|progress_.+|profile_fields",
    ),
    Subject("failures", "What `uploadFile` says when it fails", r"texts\.(.+)", _TEXTS),
    Subject("files", "Files and pickers", r"paths|picker_returns|pickers\..+"),
    Subject("picking", "Options of pickers", r"(?!request\.|uploadFile\.).+\.option\..+", _TYPES),
    Subject("request", "What `request` does in its own way", r"request\.([^.]+)"),
    Subject("request-options", "Options of `request`", r"request\.option\.(.+)", _TYPES),
    Subject(
        "request-success", "What `success` of `request` receives", r"request\.success\.(.+)", _KEYS
    ),
    Subject("request-fail", "What `fail` of `request` receives", r"request\.fail\.(.+)", _KEYS),
    Subject(
        "request-failures", "What `request` says when it fails", r"request\.texts\.(.+)", _TEXTS
    ),
    Subject("versions", "What depends on the version", "since|until|older"),
    Subject(
        "device",
        "The phone",
        r"device\.(apis|version_key|network|storage_kb|sync_failure|abilities|results_word)",
    ),
    Subject(
        "device-info", "What the phone tells of itself", r"device\.(?:info\.)?(info|(?<=info\.).+)"
    ),
    Subject(
        "device-failures", "What device APIs say when they fail", r"device\.(.+\.texts\..+)", _TEXTS
    ),
    Subject("device-apis", "Device APIs", r"device\.(.+)", _CALLS),
    Subject("layers", "Layers", r"layer\.(.+)"),
    Subject("others", "Everything else", ".+"),
)
"""An entry belongs to the first subject that it matches; the last one takes the rest."""


def place(entry: str) -> tuple[Subject, str]:
    """Return the subject that an entry belongs to, and the name of its row there."""
    names = ((subject, subject.name_of(entry)) for subject in SUBJECTS)
    return next((subject, name) for subject, name in names if name is not None)
