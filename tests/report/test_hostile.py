"""Hostile strings in a trace: shown as text wherever they stand, never run, never followed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import pytest

from tests.report.browser import CHOSEN
from tests.report.samples import Json, record, times

if TYPE_CHECKING:
    from tests.report.browser import Tab
    from tests.report.conftest import Open

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

# Each would set `hit` on the window, or fetch something, if a page took it for more than text.
PAYLOADS: Final = (
    "<script>window.hit=1</script>",
    "</script><script>window.hit=1</script>",
    "</textarea></title></style></noscript><script>window.hit=1</script>",
    "<img src=x onerror=window.hit=1>",
    '"><img src=x onerror="window.hit=1">',
    "'><svg/onload=window.hit=1>",
    "<svg><animate onbegin=window.hit=1 attributeName=x dur=1s>",
    "<iframe srcdoc='<script>parent.hit=1</script>'></iframe>",
    "<details open ontoggle=window.hit=1>",
    "<input autofocus onfocus=window.hit=1>",
    (
        "<math><mtext><table><mglyph><style><!--</style>"
        "<img title='--&gt;&lt;img src=x onerror=window.hit=1&gt;'>"
    ),
    "<link rel=stylesheet href=https://a.invalid/x.css>",
    "<meta http-equiv=refresh content='0;url=https://a.invalid/'>",
    "<!--<script>",
    "]]><script>window.hit=1</script>",
    "javascript:window.hit=1",
    "JaVaScRiPt://a.example.com/%0awindow.hit=1",
    "data:text/html,<script>parent.hit=1</script>",
    "vbscript:window.hit=1",
    'https://a.invalid/"onmouseover="window.hit=1',
    "javascript:window.hit=1//a/b#1",
    "${window.hit=1}{{constructor.constructor('window.hit=1')()}}",
    "\u2028window.hit=1\u2029\u0000\ud800\u202e",
    "__proto__",
    "%3Cscript%3Ewindow.hit=1%3C/script%3E&lt;script&gt;window.hit=1&lt;/script&gt;",
)
LONG: Final = 400


def full() -> Json:
    """Return a record that has something in every place a text can stand."""
    source = {"status": "documented", "address": "a", "date": "d", "note": "n"}
    part = {"name": "n", "filename": "f", "type": "t", "size": 5, "preview": "p", "sha256": "s"}
    return record(
        profile_overrides={"k": "v"},
        options={"url": "u", "deep": {"list": ["a", {"b": "c"}]}},
        unknown_keys=["k"],
        understood={"url": "u", "other": "o"},
        decisions=[{"step": "s", "rule": "r", "effect": "e", "source": source}],
        conditions=["c"],
        not_emulated=["n"],
        times=times(invoked=0, queued=1, dequeued=2, send=3, sent=4, first_byte=5, end=6),
        request={
            "url": "u",
            "dialled": "d",
            "method": "m",
            "headers": [["n", "v"]],
            "bytes": 5,
            "parts": [part, part | {"preview": {"$bytes": "b"}}, part | {"filename": None}],
            "preview": "p",
        },
        response={"status": 200, "headers": [["n", "v"]], "bytes": 5, "preview": "p"},
        progress=[[3, 1], [4, 5]],
        callbacks=[
            {"ms": 5, "name": "n", "payload": "p"},
            {"ms": 6, "name": "m", "payload": {"data": "p", "$js": "j"}},
        ],
        callback_errors=["e"],
        outcome={"ok": False, "reason": "r", "detail": "d", "result": {"errMsg": "m"}},
        sink_upload=1,
    )


def poisoned(value: Any, payload: str, *, keys: bool = False) -> Any:  # noqa: ANN401  plain data
    """Return a value with each of its texts replaced, and where names are free those as well."""
    if isinstance(value, dict):
        free = {payload: payload} if keys else {}
        inner = {
            key: poisoned(each, payload, keys=keys or key in _FREE) for key, each in value.items()
        }
        return inner | free
    if isinstance(value, list):
        return [poisoned(each, payload, keys=keys) for each in value]
    # The reader lets no other word through here than those of the schema.
    return payload if isinstance(value, str) and value != "documented" else value


_FREE: Final = {"profile_overrides", "options", "understood", "payload", "result"}


# Turns to each tab of the chosen call, and opens whatever is folded there.
_TURN: Final = """
for (const name of ['options', 'request', 'response', 'callbacks', 'record', 'summary']) {
  document.getElementById(`tab-${name}`).click();
  document.querySelectorAll('details').forEach((one) => { one.open = true; });
  document.querySelectorAll('button.more').forEach((one) => one.click());
  document.body.offsetHeight;
}
"""


async def look_everywhere(tab: Tab, calls: int) -> None:
    """Choose each call, turn to each tab of it, and open what is folded."""
    await tab.run("document.getElementById('calls').focus()")
    for at in range(calls):
        await tab.press("ArrowDown")
        await tab.until(
            f"document.querySelector('[aria-selected=true]')?.id === 'row-{at}' && {CHOSEN}"
        )
        await tab.run(_TURN)
        await check(tab)
        await tab.run("document.getElementById('calls').focus()")


async def check(tab: Tab) -> None:
    """Nothing has run, no link leads anywhere but to the web, nothing was made of the data."""
    assert not await tab.run("window.hit")
    assert [] == await tab.run(
        "[...document.links].map((link) => link.protocol + link.hash)"
        ".filter((at) => !/^https?:/.test(at) && !at.endsWith('#calls'))"
    )
    assert 0 == await tab.run(
        "document.querySelectorAll('iframe, object, embed, link, form:not(.filters), animate,"
        " script:not([type]) ~ script, [onerror], [onload], [srcdoc], base, math').length"
    )


async def test_hostile_texts_are_shown_and_never_run(opened: Open) -> None:
    """Each payload stands in every text of a record, long enough to be kept apart as well."""
    records = [poisoned(full(), payload) for payload in PAYLOADS]
    records += [poisoned(full(), payload * LONG) for payload in PAYLOADS[:1]]
    tab = await opened(records)
    assert f"{len(records)} calls: 0 ok, {len(records)} failed" == await tab.text("#totals")
    await look_everywhere(tab, len(records))
    await tab.press("Home")
    await tab.until("document.getElementById('row-0')")
    first = await tab.run("document.getElementById('row-0').textContent")
    assert PAYLOADS[0] in first


async def test_hostile_texts_are_harmless_side_by_side(opened: Open) -> None:
    """The comparison shows names and values of all of them."""
    tab = await opened(poisoned(full(), payload) for payload in PAYLOADS)
    await tab.run("document.getElementById('calls').focus()")
    await tab.press("Home", *["c", "ArrowDown"] * len(PAYLOADS), "d")
    await tab.until(f"document.querySelectorAll('#compare .column').length === {len(PAYLOADS)}")
    await tab.run("document.querySelector('#compare .choice input').click()")
    await tab.until("document.querySelector('#compare table')")
    await check(tab)


async def test_a_hostile_search_and_filter_are_only_words(opened: Open) -> None:
    """A target with a hostile name can be filtered for, and a payload searched for."""
    tab = await opened(record(target=payload) for payload in PAYLOADS)
    await tab.select("#filter-target", PAYLOADS[3])
    assert f"1 of {len(PAYLOADS)} calls: 1 ok, 0 failed" == await tab.text("#totals")
    await tab.run("document.getElementById('search').focus()")
    await tab.write(PAYLOADS[3])
    await check(tab)


async def test_a_hostile_name_of_a_trace_is_only_its_title(opened: Open) -> None:
    """The name of the file stands on the page as it is."""
    name = "<img src=x onerror=window.hit=1>.jsonl"
    tab = await opened([record()], name)
    assert name == await tab.text("#title")
    await check(tab)


async def test_only_pictures_are_drawn_and_by_their_first_bytes(opened: Open) -> None:
    """A drawing with a script in it, or a page, is not shown as a picture whatever it is called."""
    evil = "PHN2ZyB4bWxucz0iaHR0cDovL3d3dy53My5vcmcvMjAwMC9zdmciIG9ubG9hZD0id2luZG93LmhpdD0xIi8+"
    whole = full()
    part = {"name": "f", "filename": "a", "size": 66, "preview": {"$bytes": evil}}
    whole["request"]["parts"] = [
        part | {"type": "image/svg+xml"},
        part | {"type": "image/png"},
        part | {"type": "image/png", "preview": {"$bytes": "!!"}},
    ]
    tab = await opened([whole])
    await look_everywhere(tab, 1)
    await tab.run("document.getElementById('tab-request').click()")
    assert 3 == await tab.run("document.querySelectorAll('.part-card').length")
    assert 0 == await tab.run("document.images.length")
    await check(tab)


async def test_the_policy_holds_even_for_markup_that_got_in(opened: Open) -> None:
    """Were markup ever made of a text, the browser itself would refuse to run it."""
    tab = await opened([record()])
    outcome = await tab.run(
        "(() => { try { document.body.innerHTML = '<img src=x onerror=window.hit=1>'; }"
        " catch (error) { return error.name; } return 'made'; })()"
    )
    assert "TypeError" == outcome
    await tab.run(
        "(() => { const script = document.createElement('script');"
        " try { script.text = 'window.hit = 1'; } catch { script.append('window.hit = 1'); }"
        " document.body.append(script); })()"
    )
    assert not await tab.run("window.hit")
    refused = [
        error for error in tab.errors if "Content Security Policy" in error or "Trusted" in error
    ]
    assert refused
    tab.errors.clear()
