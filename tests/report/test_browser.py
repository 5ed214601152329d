"""The page in a real browser: looking, choosing, narrowing, comparing, by mouse and keyboard."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.report.browser import CHOSEN
from tests.report.samples import record, times
from tests.report.scene import PICTURE

if TYPE_CHECKING:
    from tests.report.browser import Tab
    from tests.report.conftest import Open

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

CALLS = 34


async def all_of(tab: Tab, selector: str) -> list[str]:
    """Return the texts of all elements that match."""
    found: list[str] = await tab.run(
        f"[...document.querySelectorAll({json.dumps(selector)})].map((node) => node.innerText)"
    )
    return found


async def shown(tab: Tab) -> int:
    """Return how many calls the list says it has."""
    count: str = await tab.run("document.getElementById('calls').getAttribute('aria-rowcount')")
    return int(count) - 1


async def choose(tab: Tab, at: int) -> None:
    """Choose the call on a row by the keyboard, and wait until it is shown."""
    await tab.run("document.getElementById('calls').focus()")
    await tab.press("Home", *["ArrowDown"] * at)
    await tab.until(
        f"document.querySelector('[aria-selected=true]')?.id === 'row-{at}' && {CHOSEN}"
    )


async def named(tab: Tab, **wanted: str) -> None:
    """Narrow the list by filters and a search, and choose the first call that is left."""
    for field, value in wanted.items():
        if field == "search":
            await tab.run("document.getElementById('search').focus()")
            await tab.write(value)
        else:
            await tab.select(f"#filter-{field}", value)
    await choose(tab, 0)


async def turn(tab: Tab, name: str) -> str:
    """Turn to a tab of the chosen call; its text comes back."""
    await tab.click(f"#tab-{name}")
    return await tab.text("#panel")


async def test_the_trace_is_told_in_a_line(photos: Tab) -> None:
    """The name of the trace, and how many of its calls went well."""
    assert "photos.jsonl – minibridge report" == await photos.run("document.title")
    assert f"{CALLS} calls: 27 ok, 7 failed" == await photos.text("#totals")
    assert CALLS == await shown(photos)
    assert await photos.run("document.getElementById('notices').hidden")


async def test_a_row_tells_target_call_answer_and_time(photos: Tab) -> None:
    """What a person looks for is on the row, an answer of 413 told apart from a failure."""
    rows = await all_of(photos, ".row")
    assert "uploadFile /albums/7/photos" in rows[1].replace("\n", " ")
    signs = await all_of(photos, ".row .outcome")
    answers = await all_of(photos, ".row .answer")
    assert {"✓", "✕"} == {sign.split("\n")[0] for sign in signs}
    assert {"413", "201", "aborted"} <= {*answers}


async def test_bars_show_phases_and_progress(photos: Tab) -> None:
    """A call that waited has a queued phase; one that sent has its bytes drawn as they left."""
    phases = await photos.run(
        "[...document.querySelectorAll('.row')].slice(1, 13).map((row) =>"
        " [...row.querySelectorAll('.phase')].map((phase) => phase.classList[1]))"
    )
    whole = ["invoked", "dequeued", "dns", "connect", "send", "sent", "first_byte", "end"]
    assert whole == phases[0]
    assert "queued" in phases[10]
    ramp = await photos.run("document.querySelector('#row-1 .ramp').style.clipPath")
    assert ramp.startswith("polygon(")
    assert ramp.count(",") > 10


async def test_the_chart_holds_what_ran_against_the_cap(photos: Tab) -> None:
    """Of twenty calls ten ran, ten waited, and the host allows ten."""
    told = await photos.text("#overview-told")
    assert "at most 10 of the 10 that the host allows, at most 10 waiting" == told
    drawn = await photos.run(
        "['running', 'waiting', 'cap'].map((name) =>"
        " document.querySelector(`#overview .${name}`).getAttribute('d').length > 20)"
    )
    assert [True, True, True] == drawn


async def test_a_call_is_chosen_with_the_mouse(photos: Tab) -> None:
    """A click shows the call beside the list, and the close button goes back to the list."""
    await photos.click("#row-2")
    await photos.until(CHOSEN)
    assert "wx" in await photos.text("#detail-title")
    assert "true" == await photos.run(
        "document.getElementById('row-2').getAttribute('aria-selected')"
    )
    await photos.click("#detail .close")
    assert await photos.run("document.getElementById('detail').hidden")
    assert "calls" == await photos.run("document.activeElement.id")


async def test_a_failure_says_why_with_its_sources(photos: Tab) -> None:
    """The rule that stood in the way, where it is written, and the host's own words."""
    await named(photos, reason="bad_parameter", target="my")
    why = await photos.text(".why")
    assert "fileType should be string, not Undefined" in why
    links = await photos.run("[...document.querySelectorAll('.why a')].map((link) => link.href)")
    assert {"https://opendocs.alipay.com/mini/api/kmq4hc"} == {*links}
    panel = await photos.text("#panel")
    assert "无效参数" in panel


async def test_phases_and_progress_are_told_in_figures(photos: Tab) -> None:
    """The chosen call's phases each have a row, and its bytes a chart with words."""
    await choose(photos, 13)
    assert ["Checking", "Queued", "Preparing", "DNS", "Connecting", "Sending", "Waiting"] == (
        await all_of(photos, ".times tbody th")
    )[:7]
    label = await photos.run("document.querySelector('#panel .chart').getAttribute('aria-label')")
    assert "had left after" in label


async def test_options_show_what_was_made_of_them(photos: Tab) -> None:
    """An unknown option is dropped, a default filled in, a secret masked, and the rule named."""
    await named(photos, search="colour")
    text = await turn(photos, "options")
    rows = await all_of(photos, "#panel tbody tr")
    found = {row.split("\t")[0].strip(): row for row in rows}
    assert "not an option here: dropped" in found["colour"]
    assert "default" in found["timeout"]
    assert '"token": "***"' in found["formData"]
    assert "unknown_key" in text


async def test_the_request_is_shown_part_by_part(photos: Tab) -> None:
    """Text as text, the picture as a picture, and the hash of what was sent."""
    await named(photos, search="/avatar", target="tt:feishu")
    text = await turn(photos, "request")
    assert "张三" in text
    await photos.until("document.querySelector('.preview')?.naturalWidth")
    assert 640 == await photos.run("document.querySelector('.preview').naturalWidth")
    digest = hashlib.sha256(PICTURE).hexdigest()
    await photos.until(f"document.getElementById('panel').innerText.includes('{digest}')")
    assert f"{len(PICTURE):,} bytes" in text
    assert "Content-Type" in text


async def test_a_large_part_shows_its_size(photos: Tab) -> None:
    """Of what was too much to keep a preview of there is the size."""
    await choose(photos, 2)
    assert "4,197," in await turn(photos, "request")
    assert "too much to keep a preview of" in await photos.text("#panel")


async def test_the_answer_and_every_callback_are_shown(photos: Tab) -> None:
    """The body is laid out, progress events are folded, success is open with its payload."""
    await choose(photos, 2)
    answer = await turn(photos, "response")
    assert '"message": "已保存"' in answer
    heard = await turn(photos, "callbacks")
    assert "progressUpdate" in heard
    assert "times" in heard
    assert "uploadFile:ok" in heard
    await photos.click("#panel summary")
    assert "totalBytesSent" in await photos.run(
        "document.querySelector('#panel details').textContent"
    )
    raw = await turn(photos, "record")
    assert '"session"' in raw


async def test_a_filter_narrows_the_list_and_the_other_filters(photos: Tab) -> None:
    """Each choice says how many calls it leaves; together they leave what has all."""
    reasons = await all_of(photos, "#filter-reason option")
    assert {"any reason (34)", "aborted (1)", "timeout (1)", "bad_parameter (2)"} <= {*reasons}
    await photos.select("#filter-outcome", "failed")
    assert 7 == await shown(photos)
    assert "7 of 34 calls: 0 ok, 7 failed" == await photos.text("#totals")
    assert "my:ide (1)" in await all_of(photos, "#filter-target option")
    await photos.select("#filter-target", "my:ide")
    assert 1 == await shown(photos)
    await photos.click("#clear")
    assert CALLS == await shown(photos)


async def test_words_are_searched_in_everything(photos: Tab) -> None:
    """Options, headers and results; all words have to be there; nothing found is said."""
    await photos.press("/")
    await photos.write("张三 Feishu")
    await photos.until("document.getElementById('totals').textContent.startsWith('1 of')")
    await photos.run("document.getElementById('search').select()")
    await photos.write("no such thing anywhere")
    await photos.until("!document.getElementById('none').hidden")
    assert 0 == await shown(photos)
    await photos.press("Escape")
    assert CALLS == await shown(photos)


async def test_the_keyboard_does_it_all(photos: Tab) -> None:
    """Arrows choose, End reaches the last call, Enter goes there, arrows turn tabs, Escape goes."""
    await choose(photos, 0)
    await photos.press("End")
    last = f"document.querySelector('[aria-selected=true]')?.id === 'row-{CALLS - 1}'"
    await photos.until(last)
    active = "document.getElementById('calls').getAttribute('aria-activedescendant')"
    assert f"row-{CALLS - 1}" == await photos.run(active)
    await photos.until("document.querySelector('#detail-title')?.textContent.includes('mpx/wx')")
    await photos.press("Enter")
    assert "detail-title" == await photos.run("document.activeElement.id")
    await photos.run("document.getElementById('tab-summary').focus()")
    await photos.press("ArrowRight", "ArrowRight")
    assert "tab-request" == await photos.run("document.activeElement.id")
    await photos.press("Escape")
    assert await photos.run("document.getElementById('detail').hidden")
    assert "calls" == await photos.run("document.activeElement.id")


async def test_the_keys_are_told(photos: Tab) -> None:
    """`?` opens the list of keys, Escape closes it."""
    await photos.press("?")
    assert "mark the chosen call" in await photos.text("#keys")
    await photos.press("Escape")
    await photos.until("!document.getElementById('keys').open")


async def sides(tab: Tab) -> dict[str, list[tuple[str, bool]]]:
    """Return the rows of the comparison: for each fact its values, and whether they differ."""
    rows: dict[str, list[list[Any]]] = await tab.run(
        "Object.fromEntries([...document.querySelectorAll('#compare tbody tr:not(.part-row)')]"
        ".map((row) => [row.querySelector('th').innerText, [...row.querySelectorAll('td')]"
        ".map((cell) => [cell.innerText, cell.classList.contains('differs')])]))"
    )
    return {name: [(text, mark) for text, mark in cells] for name, cells in rows.items()}


async def test_the_same_call_is_compared_on_several_targets(photos: Tab) -> None:
    """Side by side, with what differs marked; more targets can be added, and all facts shown."""
    await named(photos, search="/avatar", target="wx")
    await photos.press("d")
    await photos.until("document.querySelector('#compare table')")
    columns = await all_of(photos, "#compare .column b")
    assert ["wx", "wx:devtools", "my", "my:ide"] == columns
    rows = await sides(photos)
    ended = [("success", False), ("success", False), ("fail", True), ("fail", True)]
    assert ended == [(text.strip('" \n').split('"')[-1], mark) for text, mark in rows["Ended in"]]
    assert "Took" not in rows
    await photos.select("#compare-add", "1")
    await photos.until("document.querySelectorAll('#compare .column').length === 5")
    await photos.click("#compare .choice input")
    await photos.until(
        "[...document.querySelectorAll('#compare tbody th')]"
        ".some((heading) => heading.innerText === 'Took')"
    )
    assert not any(mark for _, mark in (await sides(photos))["Took"])
    await photos.press("Escape")
    assert await photos.run("document.getElementById('compare').hidden")


async def test_marked_calls_are_compared(photos: Tab) -> None:
    """Any two calls can be set side by side by marking them."""
    await choose(photos, 1)
    await photos.press("c", "ArrowDown", "ArrowDown", "c", "d")
    await photos.until("document.querySelectorAll('#compare .column').length === 2")
    rows = await sides(photos)
    assert [("200", False)] != rows.get("statusCode")
    assert "part 1.text" in rows


async def test_a_call_without_its_like_says_so(opened: Open) -> None:
    """There is nothing to compare it with, and the page says how to choose something."""
    tab = await opened([record()])
    await choose(tab, 0)
    await tab.press("d")
    await tab.until("document.querySelector('#compare p.quiet')")
    assert "no such call on another target" in await tab.text("#compare")


async def test_a_heading_orders_the_list(photos: Tab) -> None:
    """By time, up and then down; the heading says so to a screen reader."""
    await photos.click("#columns .ms button")
    heading = "document.querySelector('#columns .ms').getAttribute('aria-sort')"
    assert "ascending" == await photos.run(heading)
    first = await photos.text("#row-0 .ms")
    await photos.click("#columns .ms button")
    assert "descending" == await photos.run(heading)
    assert first != await photos.text("#row-0 .ms")
    assert await photos.run("document.querySelector('#row-0 .ms').innerText.endsWith(' s')")


async def test_a_drag_over_the_chart_looks_closer(photos: Tab) -> None:
    """The bars then show that stretch alone, and a button shows the whole again."""
    left = "document.querySelector('#row-1 .call-bar').getBoundingClientRect().width"
    before = await photos.run(left)
    place = "document.getElementById('overview').getBoundingClientRect()"
    x, y, width = await photos.run(f"(({{x, y, width}}) => [x, y + 20, width])({place})")
    await photos.mouse("mousePressed", x, y)
    await photos.mouse("mouseMoved", x + width / 5, y)
    await photos.mouse("mouseMoved", x + width / 3, y)
    await photos.mouse("mouseReleased", x + width / 3, y)
    assert await photos.run(left) > 2 * before
    await photos.click("#zoom-out")
    assert before == await photos.run(left)
    await choose(photos, 1)
    narrow = await photos.run(left)
    await photos.press("z")
    assert await photos.run(left) > 1.3 * narrow


async def test_starts_can_be_aligned(photos: Tab) -> None:
    """Every bar then begins at the left edge."""
    await photos.press("a")
    lefts = await photos.run(
        "[...document.querySelectorAll('.row .call-bar')].map((bar) => bar.offsetLeft)"
    )
    assert {0} == {*lefts}


async def test_light_and_dark_follow_the_system_or_the_button(photos: Tab) -> None:
    """The paper is dark where the system is, until the button says otherwise."""
    paper = "getComputedStyle(document.body).backgroundColor"
    light = await photos.run(paper)
    await photos.look(width=1280, height=800, dark=True)
    dark = await photos.run(paper)
    assert light != dark
    await photos.click("#theme")
    assert light == await photos.run(paper)
    await photos.click("#theme")
    assert dark == await photos.run(paper)


async def test_a_narrow_screen_shows_one_thing_at_a_time(photos: Tab) -> None:
    """At the width of a phone nothing is cut off at the side, and a chosen call covers the list."""
    await photos.look(width=390, height=844)
    wide = "document.documentElement.scrollWidth"
    assert 390 == await photos.run(wide)
    await choose(photos, 2)
    assert [0, 390] == await photos.run(
        "(({left, width}) => [left, width])"
        "(document.getElementById('detail').getBoundingClientRect())"
    )
    for name in ("options", "request", "response", "callbacks", "record"):
        await turn(photos, name)
        assert 390 == await photos.run(wide)


async def test_a_long_trace_holds_only_the_rows_in_sight(opened: Open) -> None:
    """Of 3,000 calls a few dozen rows exist; the last one is a key away."""
    tab = await opened(
        record(id=number, started=1_700_000_000_000 + number, options={"name": f"n{number}"})
        for number in range(3000)
    )
    assert 3000 == await shown(tab)
    rows = "document.querySelectorAll('.row').length"
    assert 10 < await tab.run(rows) < 60
    await tab.run("document.getElementById('calls').focus()")
    await tab.press("End")
    await tab.until("document.querySelector('#row-2999')")
    assert 10 < await tab.run(rows) < 60
    await tab.until(CHOSEN)
    assert '"n2999"' in await turn(tab, "options")


async def test_hours_without_a_call_are_cut_short(opened: Open) -> None:
    """Two runs a day apart stay readable, and the cut is told."""
    day = 86_400_000
    tab = await opened(
        record(id=at, started=1_700_000_000_000 + at * day, times=times(invoked=0, end=50))
        for at in (1, 2)
    )
    assert "24 h idle" in await tab.run("document.getElementById('overview').textContent")
    widths = await tab.run(
        "[...document.querySelectorAll('.call-bar')].map((bar) => bar.offsetWidth)"
    )
    assert min(widths) > 100


async def test_what_is_not_in_the_report_is_told_on_it(opened: Open) -> None:
    """Skipped lines are named on the page, with their number."""
    tab = await opened([record(), {"some": "thing"}, {"other": 1}])
    notice = await tab.text("#notices")
    assert "2 lines were skipped, the first is line 2: it is no record of a call" in notice


async def test_a_call_that_has_not_ended_is_told_apart(opened: Open) -> None:
    """It is neither ok nor failed, and can be filtered for."""
    tab = await opened([record(), record(id=2, times=times(invoked=0.0, queued=1.0))])
    assert "2 calls: 1 ok, 0 failed, 1 not ended" == await tab.text("#totals")
    await tab.select("#filter-outcome", "unfinished")
    assert 1 == await shown(tab)


async def test_values_json_lacks_are_told(opened: Open) -> None:
    """Bytes, files and JavaScript's own values are shown as what they are."""
    options = {"a": {"$js": "undefined"}, "b": {"$bytes": "AAAA"}, "c": {"$file": "a.png"}, "d": []}
    options["e"] = {"$plain": {"$js": "none of JavaScript's"}}
    tab = await opened([record(options=options, understood=None)])
    await choose(tab, 0)
    text = await turn(tab, "options")
    for told in ("undefined", "3 bytes", "file a.png", '"$js": "none of', "refused"):
        assert told in text
    assert "$plain" not in text


async def test_the_hash_of_the_embedded_server_is_shown_where_there_is_one(opened: Open) -> None:
    """It stands in the place of the hash of what was sent."""
    part = {"name": "f", "filename": "a", "type": None, "size": 9, "preview": None}
    request = {
        "url": "https://a.example.com/x",
        "dialled": None,
        "method": "POST",
        "headers": [],
        "bytes": 9,
        "parts": [part | {"sha256": "c0ffee"}],
        "preview": None,
    }
    tab = await opened([record(request=request, sink_upload=7)])
    await choose(tab, 0)
    text = await turn(tab, "request")
    assert "c0ffee as the embedded server saw it" in text
    assert "upload number 7" in text
