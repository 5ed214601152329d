"""Why a call failed, in one line: the reason, what decided, and where that is written."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, cast

from bridge.reasons import Reason
from bridge.trace import sources_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bridge.trace import Record

_DECIDES: Final = {
    Reason.BAD_PARAMETER: "mismatch",
    Reason.BAD_URL: "bad_url",
    Reason.UNSUPPORTED_SCHEME: "schemes",
    Reason.DOMAIN_NOT_LISTED: "domain_match",
    Reason.OVER_LIMIT: "overflow",
    Reason.INTERRUPTED_BACKGROUND: "background_calls",
    Reason.TOO_MANY_REDIRECTS: "max_redirects",
    Reason.BAD_RESPONSE: "check_cors",
    Reason.DNS_FAILURE: "bridge.route",
}


def why_of(record: Record) -> str:
    """Return why a call failed; empty for one that did not."""
    if record.reason is None:
        return ""
    decided = record.decisions.to_json(sources_of(record.target))
    rule = _DECIDES.get(record.reason)
    decision = next((one for one in decided if one["rule"] == rule), decided[-1])
    named = [] if decision["rule"] == record.reason else [f"by {decision['rule']}"]
    source = cast("dict[str, str] | None", decision["source"])
    where = [] if source is None else [f"{source['status']}: {source['address']}"]
    effect = _no_file(record) if record.reason is Reason.MISSING_FILE else decision["effect"]
    return "; ".join([f"{record.reason}: {effect}", *filter(None, [", ".join(named + where)])])


def _no_file(record: Record) -> str:
    """Say which file is missing; hosts say only that one is."""
    path = record.understood.get("filePath")
    which = f"file {path!r}" if isinstance(path, str) else "such file"
    return f"the mini-program has no {which}: a path comes from a picker or from files.add"


def story_of(records: Sequence[Record]) -> list[str]:
    """Say in a line why the last call that went wrong did so; nothing where none did."""
    for record in reversed(records):
        name = f"{record.api} #{record.id}"
        if record.ok is None:
            return [f"{name} had not ended"]
        if record.reason is not None:
            return [f"{name} failed: {why_of(record)}"]
    return []
