"""What axe-core, from npm, has against the page: nothing, in light, in dark and on a phone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests import npm
from tests.report.browser import CHOSEN
from tests.report.samples import record

if TYPE_CHECKING:
    from tests.report.browser import Tab
    from tests.report.conftest import Open

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

VERSION = "4.14.1"
LOOKS = {
    "light": {"width": 1280, "height": 800, "dark": False},
    "dark": {"width": 1280, "height": 800, "dark": True},
    "phone": {"width": 390, "height": 844, "dark": False},
}
RULES = "['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']"


@pytest.fixture(scope="session")
def axe(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Install axe-core, and return its source."""
    root = tmp_path_factory.mktemp("axe")
    npm.install(root, {"axe-core": VERSION})
    return (root / "node_modules" / "axe-core" / "axe.min.js").read_text(encoding="utf-8")


async def violations(tab: Tab, axe: str) -> list[str]:
    """Return what axe finds, each with the elements it means."""
    if not await tab.run("Boolean(window.axe)"):
        await tab.run(f"{axe};0")
    found: list[str] = await tab.run(
        f"axe.run(document, {{runOnly: {RULES}}}).then(({{violations}}) => violations.map("
        "({id, nodes}) => [id, ...nodes.map((one) => one.html + one.failureSummary)].join(': ')))"
    )
    return found


async def test_axe_finds_what_is_wrong(tab: Tab, axe: str) -> None:
    """A picture without a text and a button without a name are found: the check checks."""
    await tab.open("data:text/html,<title>t</title><img src=''><button></button>")
    found = await violations(tab, axe)
    assert {"image-alt", "button-name"} <= {one.partition(":")[0] for one in found}


@pytest.mark.parametrize("look", LOOKS)
async def test_the_list_is_accessible(photos: Tab, axe: str, look: str) -> None:
    """Names, roles and contrast, with and without filters."""
    await photos.look(**LOOKS[look])  # type: ignore[arg-type]  # by name
    assert [] == await violations(photos, axe)
    await photos.select("#filter-outcome", "failed")
    assert [] == await violations(photos, axe)


@pytest.mark.parametrize("look", LOOKS)
@pytest.mark.parametrize("target", ["my", "tt:feishu"])
async def test_a_chosen_call_is_accessible(photos: Tab, axe: str, look: str, target: str) -> None:
    """Each tab of a call that failed, and of one that went well."""
    await photos.look(**LOOKS[look])  # type: ignore[arg-type]
    await photos.select("#filter-target", target)
    await photos.run("document.getElementById('calls').focus()")
    await photos.press("Home")
    await photos.until(CHOSEN)
    for name in ("summary", "options", "request", "response", "callbacks", "record"):
        await photos.run(f"document.getElementById('tab-{name}').click()")
        assert [] == await violations(photos, axe)


@pytest.mark.parametrize("look", LOOKS)
async def test_the_comparison_is_accessible(photos: Tab, axe: str, look: str) -> None:
    """Calls side by side, all facts shown."""
    await photos.look(**LOOKS[look])  # type: ignore[arg-type]
    await photos.select("#filter-target", "my:ide")
    await photos.run("document.getElementById('calls').focus()")
    await photos.press("Home", "d")
    await photos.until("document.querySelector('#compare table')")
    assert [] == await violations(photos, axe)


@pytest.mark.parametrize("look", LOOKS)
async def test_the_list_of_keys_is_accessible(photos: Tab, axe: str, look: str) -> None:
    """The dialog too."""
    await photos.look(**LOOKS[look])  # type: ignore[arg-type]
    await photos.press("?")
    assert [] == await violations(photos, axe)


async def test_what_is_left_out_is_told_accessibly(opened: Open, axe: str) -> None:
    """The notices over the list."""
    tab = await opened([record(), {"no": "record"}])
    assert [] == await violations(tab, axe)
