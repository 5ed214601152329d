"""How a call ended: the rules that ended it, and the text that the host had for it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, cast

from bridge.profile import Never
from bridge.reasons import Reason

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bridge.comparison.case import Case
    from bridge.comparison.model import Cause
    from bridge.profile import Device, Local
    from bridge.trace import Record

_NOTED: Final[dict[Reason, tuple[str, ...]]] = {
    Reason.BAD_PARAMETER: ("mismatch", "methods", "forbidden_methods"),
    Reason.MISSING_FILE: ("mismatch", "{api}.option.files"),
    Reason.UNSUPPORTED_SCHEME: ("schemes",),
    Reason.DOMAIN_NOT_LISTED: ("domain_match",),
    Reason.OVER_LIMIT: ("overflow",),
    Reason.INTERRUPTED_BACKGROUND: ("background_seconds", "background_calls"),
    Reason.TOO_MANY_REDIRECTS: ("max_redirects",),
    Reason.BAD_RESPONSE: ("check_cors", "http_error", "bad_json"),
}
"""The rules that can end a call for a reason, and that its record then names."""
_OTHERWISE: Final[dict[Reason, tuple[str, ...]]] = {
    Reason.BAD_PARAMETER: ("blank_name",),
    Reason.MISSING_FILE: ("paths",),
    Reason.NOT_A_FILE: ("paths",),
    Reason.UNREADABLE_FILE: ("paths",),
    Reason.OVER_SIZE: ("max_size",),
    Reason.BAD_URL: ("page_origin",),
    Reason.DOMAIN_NOT_LISTED: ("domain_check", "domain_ports"),
    Reason.TIMEOUT: ("fixed_timeout", "max_timeout"),
}
"""The rules behind it where the record names none."""
_AN_OPTION: Final = {"files": "{api}.option.files"}
"""What a record names that stands for an option."""


def decided(case: Case) -> Iterator[Cause]:
    """Yield the rules that ended a failed call, none for a call that succeeded."""
    record = case.record
    if record is None or record.reason is None:
        return
    if of_the_phone(case):
        yield from case.rule("device.{api}")
        return
    named = [_AN_OPTION.get(rule, rule) for rule in record.decisions.rules()]
    noted = [rule for rule in _NOTED.get(record.reason, ()) if rule in named]
    for name in (*(noted or _OTHERWISE.get(record.reason, ())), *_at_fault(record)):
        yield from case.rule(name)


def _at_fault(record: Record) -> Iterator[str]:
    """Yield the options that a call was refused for."""
    if record.reason is Reason.BAD_PARAMETER:
        keys = record.detail.split(", ")
        yield from (f"{{api}}.option.{key}" for key in keys)
        yield from ("file_type" for key in keys if key == "fileType")


def said(case: Case) -> Iterator[Cause]:
    """Yield the text that the host had for a failure."""
    for name in _texts(case):
        found = list(case.rule(name))
        if found:
            yield from found
            return


def _texts(case: Case) -> Iterator[str]:
    """Yield where the text may stand, the most special place first."""
    record = case.record
    if record is None or record.reason is None:
        return
    noted = record.decisions.rules()
    yield from (rule for rule in ("http_error", "bad_json") if rule in noted)
    if "methods" in noted or "forbidden_methods" in noted:
        yield "unknown_method"
    if record.reason is Reason.BAD_PARAMETER and record.understood.get("name") == "":
        yield "blank_name"
    if "empty_lists" in noted:
        picker = case.profile.pickers[case.api]
        yield from (f"pickers.{{api}}.empty_lists.{key}" for key in picker.empty_lists)
    if record.reason is Reason.ABORTED:
        yield "pickers.{api}.cancelled"
    if of_the_phone(case):
        yield from case.book.phone_texts(case.api, str(record.result))
        yield "device.{api}"
    never = isinstance(case.profile.texts[record.reason], Never)
    yield f"texts.{(Reason.INTERNAL if never else record.reason).name}"


def of_the_phone(case: Case) -> bool:
    """Tell whether the phone answers an API by itself, without any network."""
    device = case.profile.device
    return device is not None and case.api in device.apis


def phones_own(case: Case) -> Local:
    """Return how the phone answers an API; only where `of_the_phone` says that it does."""
    return cast("Device", case.profile.device).apis[case.api]
