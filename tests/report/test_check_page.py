"""The pages of `check` and `matrix` in a real browser: browsing, narrowing, choosing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import pytest_asyncio

from bridge.conformance.load import load
from bridge.conformance.run import run
from bridge.conformance.scene import Place
from bridge.matrix import matrix_of
from bridge.matrix.page import page
from bridge.registry import everything
from bridge.report.checked import write_check
from tests.report.browser import address_of
from tests.report.test_accessibility import LOOKS, axe, violations
from tests.report.test_page import HOSTILE

if TYPE_CHECKING:
    from pathlib import Path

    from tests.report.browser import Tab

__all__ = ["axe"]  # a fixture

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

READ = "document.getElementById('cases')?.getAttribute('aria-busy') === 'false'"
NARROWED = "document.getElementById('totals')?.textContent"
CASES = ("upload/success", "upload/progress", "options/fileType*")
VISIBLE = "[...document.querySelectorAll('.facts tbody tr')].filter((row) => row.checkVisibility())"


@pytest.fixture(scope="session")
def checked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make the page of a check, on a host with another reading, which some cases then fail on."""
    cases = {case.id: case for case in load(CASES)}
    places: list[str | Place] = ["wx", Place("my", {"file_type": "ignored"}), "my:ide", "uni/h5"]
    path = tmp_path_factory.mktemp("check") / "check.html"
    write_check(run(cases.values(), places), cases, path, "check, python")
    return path


@pytest.fixture(scope="session")
def facts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make the page of all facts."""
    path = tmp_path_factory.mktemp("matrix") / "matrix.html"
    path.write_text(page(matrix_of(everything())), encoding="utf-8")
    return path


@pytest_asyncio.fixture(loop_scope="session")
async def cases(tab: Tab, checked: Path) -> Tab:
    """Open the page of the check."""
    await tab.open(address_of(checked), READ)
    return tab


@pytest_asyncio.fixture(loop_scope="session")
async def matrix(tab: Tab, facts: Path) -> Tab:
    """Open the page of the facts."""
    await tab.open(address_of(facts), NARROWED)
    return tab


async def all_of(tab: Tab, selector: str) -> list[str]:
    """Return the texts of all elements that match."""
    found: list[str] = await tab.run(
        f"[...document.querySelectorAll('{selector}')].map((node) => node.textContent)"
    )
    return found


# --- check


async def test_the_first_failure_is_shown_at_once(cases: Tab) -> None:
    """With what was expected, what came instead, and where that is written."""
    assert "✕" in await cases.text("#detail-title")
    why = await cases.text(".why")
    assert "Expected" in why
    assert '"fail"' in why
    assert "@mini-types/my" in why
    chosen = await cases.text("[aria-selected=true]")
    assert "fileType" in chosen
    assert "1 failed" in chosen


async def test_cases_are_browsed_by_capability_and_target(cases: Tab) -> None:
    """Each choice narrows the list and the other lists, which say what they would leave."""
    assert ["upload", "options"] == await all_of(cases, ".group-head b")
    await cases.select("#filter-group", "upload")
    assert ["upload"] == await all_of(cases, ".group-head b")
    assert "2 of 7 cases: 7 passed, 0 failed, 1 not played" == await cases.text("#totals")
    await cases.select("#filter-target", "my:ide")
    assert "2 of 7 cases: 1 passed, 0 failed, 1 not played" == await cases.text("#totals")
    assert {"passed (1)", "skipped (1)"} < {*await all_of(cases, "#filter-outcome option")}
    await cases.click("#clear")
    assert 7 == len(await all_of(cases, ".case"))


async def test_cases_are_narrowed_by_outcome_source_and_words(cases: Tab) -> None:
    """Only what failed; only what rests on some kind of source; only what has a word in it."""
    await cases.select("#filter-outcome", "failed")
    assert 1 == len(await all_of(cases, ".case"))
    await cases.select("#filter-outcome", "")
    everything = await all_of(cases, ".counts")
    await cases.select("#filter-known", "seen in code")
    assert everything != await all_of(cases, ".counts")
    await cases.select("#filter-known", "")
    await cases.run("document.getElementById('search').focus()")
    await cases.write("works:onProgressUpdate")
    assert ["progress"] == await all_of(cases, ".case b")
    await cases.write(" nowhere")
    assert "No case matches." == await cases.text("#none")


async def test_cases_are_chosen_by_the_keyboard(cases: Tab) -> None:
    """Down and up, to the case and back; the address names it."""
    await cases.run("document.getElementById('cases').focus()")
    await cases.press("Home")
    assert "upload/success" in (await cases.text("#detail-title")) + await cases.run(
        "decodeURIComponent(location.hash)"
    )
    await cases.press("ArrowDown", "Enter")
    assert "detail-title" == await cases.run("document.activeElement.id")
    assert "upload/progress" in await cases.text("#detail-title")
    assert "works:onProgressUpdate" in await cases.text("#panel")
    await cases.press("Escape")
    assert "cases" == await cases.run("document.activeElement.id")
    assert await cases.run("document.getElementById('detail').hidden")


async def test_an_address_with_a_case_opens_it(tab: Tab, checked: Path) -> None:
    """What somebody has sent leads to the same place."""
    await tab.open(f"{address_of(checked)}#upload/progress", READ)
    assert "upload/progress" in await tab.text("#detail-title")
    assert "true" == await tab.run(
        "document.querySelector('.case[aria-selected=true]').getAttribute('aria-selected')"
    )


async def test_the_check_is_accessible(cases: Tab, axe: str) -> None:
    """With the chosen case, and the list alone."""
    for look in LOOKS.values():
        await cases.look(**look)  # type: ignore[arg-type]  # by name
        assert [] == await violations(cases, axe)
        assert await cases.run("document.documentElement.scrollWidth <= innerWidth")
    await cases.press("Escape")
    assert await cases.run("document.getElementById('detail').hidden")
    assert [] == await violations(cases, axe)


async def test_hostile_texts_of_cases_are_shown(tab: Tab, tmp_path: Path) -> None:
    """They are read as they are; nothing of them runs."""
    from bridge.conformance import Fault, Skip, Verdict  # noqa: PLC0415  for this test alone

    verdicts = [
        Verdict(f"x/{HOSTILE}", "wx", "failed", faults=(Fault(HOSTILE, HOSTILE, HOSTILE),)),
        Verdict(f"x/{HOSTILE}", "my", "failed", error=HOSTILE),
        Verdict(f"x/{HOSTILE}", "h5", "skipped", skip=Skip("lacks", HOSTILE)),
    ]
    write_check(verdicts, {}, tmp_path / "a.html", HOSTILE)
    await tab.open(address_of(tmp_path / "a.html"), READ)
    assert HOSTILE in await tab.run("document.getElementById('panel').textContent")


# --- matrix


async def test_facts_are_searched(matrix: Tab) -> None:
    """Rows without the words are gone, with the tables and sources that are then empty."""
    whole = await matrix.run(f"{VISIBLE}.length")
    assert f"{whole} entries" == await matrix.text("#totals")
    await matrix.run("document.getElementById('search').focus()")
    await matrix.write("max_redirects")
    rows = await matrix.run(f"{VISIBLE}.map((row) => row.id)")
    assert rows == ["max_redirects"]
    assert f"1 of {whole} entries" == await matrix.text("#totals")
    sources = "[...document.querySelectorAll('.sources li')].filter((one) => one.checkVisibility())"
    marks = "document.getElementById('max_redirects').querySelectorAll('a.source')"
    assert await matrix.run(f"{sources}.length") == await matrix.run(
        f"new Set([...{marks}].map((mark) => mark.hash)).size"
    )
    assert await matrix.run(f"{sources}.every((one) => one.id.endsWith(`-${{one.value}}`))")


async def test_facts_are_narrowed_by_subject_and_how_they_are_known(matrix: Tab) -> None:
    """What is left has some fact of that standing, and stands under that subject."""
    for field, value in (("known", "reported"), ("subject", "on-progress")):
        offered = await matrix.run(
            f"[...document.getElementById('filter-{field}').options].map((one) => one.value)"
        )
        value = value if value in offered else offered[1]  # noqa: PLW2901  whichever comes first
        await matrix.run(
            f"document.getElementById('filter-{field}').value = '{value}';"
            f"document.getElementById('filter-{field}').dispatchEvent(new Event('input'))"
        )
        if field == "known":
            assert await matrix.run(
                f"{VISIBLE}.length > 0 && {VISIBLE}.every((row) => row.querySelector('.reported'))"
            )
        else:
            assert await matrix.run(
                f"{VISIBLE}.every((row) => row.closest('section').id === '{value}')"
            )


async def test_what_all_hosts_share_can_be_left_out(matrix: Tab) -> None:
    """By the checkbox, and Escape brings it back."""
    alike = "document.querySelectorAll('.facts tr.alike').length"
    whole = await matrix.run(f"{VISIBLE}.length")
    await matrix.click("#differing")
    assert whole - await matrix.run(alike) == await matrix.run(f"{VISIBLE}.length")
    await matrix.press("Escape")
    assert whole == await matrix.run(f"{VISIBLE}.length")


async def test_a_link_to_a_fact_that_is_out_of_sight_brings_it_back(matrix: Tab) -> None:
    """Whoever follows a link gets there."""
    await matrix.run("document.getElementById('search').focus()")
    await matrix.write("max_redirects")
    await matrix.run("location.hash = 'limit'")
    await matrix.until("document.getElementById('limit').checkVisibility()")


async def test_the_facts_are_accessible(matrix: Tab, axe: str) -> None:
    """The introduction and two subjects: with all of them axe takes half a minute."""
    rest = "[...document.querySelectorAll('section.subject')].slice(2)"
    await matrix.run(f"for (const part of {rest}) part.remove()")
    for look in LOOKS.values():
        await matrix.look(**look)  # type: ignore[arg-type]  # by name
        assert [] == await violations(matrix, axe)
        assert await matrix.run("document.documentElement.scrollWidth <= innerWidth")
