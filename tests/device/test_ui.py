"""What the user sees: toasts and loading on the screen, dialogs answered by the test."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bridge import Bridge
from bridge.profile import Device
from bridge.target import resolve

if TYPE_CHECKING:
    from tests.device.conftest import Asking


def wording(asking: Asking, text: str) -> dict[str, object]:
    """Return a text as the target's own option."""
    return {"content" if asking.takes_objects else "title": text}


async def test_a_toast_is_on_the_screen_until_it_is_hidden(asking: Asking) -> None:
    """The options seen are the host's, whatever the layer calls them."""
    await asking.bridge.call("showToast", wording(asking, "Done"))
    assert "Done" in (asking.bridge.ui.toast or {}).values()
    await asking.bridge.call("hideToast")
    assert None is asking.bridge.ui.toast


async def test_loading_is_on_the_screen_until_it_is_hidden(asking: Asking) -> None:
    """It hides only when told."""
    await asking.bridge.call("showLoading", wording(asking, "Wait"))
    assert "Wait" in (asking.bridge.ui.loading or {}).values()
    await asking.bridge.call("hideLoading")
    assert None is asking.bridge.ui.loading


async def test_a_dialog_is_confirmed_unless_the_test_says_otherwise(asking: Asking) -> None:
    """Answers are used in turn."""
    ui = asking.bridge.ui
    ui.answer_modal(confirm=False)
    ui.answer_modal(confirm=True)
    answers = [(await asking.bridge.call("showModal", {"title": "?"})).result for _ in range(3)]
    assert [False, True, True] == [answer["confirm"] for answer in answers]
    assert ["?"] * 3 == [options["title"] for options in ui.modals]


async def test_a_cleared_screen_shows_nothing_and_awaits_no_answer() -> None:
    """It is as new, for the next part of a test."""
    async with Bridge("wx") as bridge:
        for api in ("showToast", "showLoading", "showModal"):
            await bridge.call(api, {"title": "a"})
        bridge.ui.answer_modal(confirm=False)
        bridge.ui.clear()
        assert (None, None, []) == (bridge.ui.toast, bridge.ui.loading, bridge.ui.modals)
        assert (await bridge.call("showModal", {"title": "b"})).result["confirm"] is True


async def test_what_the_user_types_comes_with_a_confirmed_editable_dialog() -> None:
    """A cancelled one has no content."""
    async with Bridge("wx") as bridge:
        for confirm in (True, False):
            bridge.ui.answer_modal(confirm=confirm, content="Ann")
        asked = {"title": "Name?", "editable": True}
        confirmed = await bridge.call("showModal", asked)
        cancelled = await bridge.call("showModal", asked)
        expected = {"confirm": True, "cancel": False, "content": "Ann", "errMsg": "showModal:ok"}
        assert expected == confirmed.result
        assert {"confirm": False, "cancel": True, "errMsg": "showModal:ok"} == cancelled.result


async def test_a_missing_title_is_refused_where_it_is_required() -> None:
    """The screen stays as it was."""
    async with Bridge("tt:douyin") as bridge:
        outcome = await bridge.call("showToast", {"title": ""})
        assert {
            "errMsg": "showToast:fail params.title should be string",
            "errNo": 20000,
        } == outcome.result
        assert None is bridge.ui.toast


async def test_mpx_asks_alipay_by_its_own_dialogs() -> None:
    """`confirm` with both buttons, `alert` with one; both are answered as elsewhere."""
    async with Bridge("mpx/my") as bridge:
        bridge.ui.answer_modal(confirm=False)
        both = await bridge.call("showModal", {"title": "a", "confirmText": "y", "cancelText": "n"})
        one = await bridge.call(
            "showModal", {"title": "b", "showCancel": False, "confirmText": "y"}
        )
        assert (False, True) == (both.result["confirm"], both.result["cancel"])
        assert (True, False) == (one.result["confirm"], one.result["cancel"])
        asked = {"title": "a", "confirmButtonText": "y", "cancelButtonText": "n"}
        assert [asked, {"title": "b", "buttonText": "y"}] == bridge.ui.modals
        failed = await bridge.call("showModal", {"title": 5})
        assert (False, "bad_parameter") == (failed.ok, failed.reason)


async def test_uni_asks_alipay_by_the_dialog_that_wechat_has_too() -> None:
    """Alipay's own `showModal`, options as they are."""
    async with Bridge("uni/my") as bridge:
        bridge.ui.answer_modal(confirm=False)
        asked = {"title": "a", "confirmText": "y"}
        answered = await bridge.call("showModal", asked)
        assert answered.result["confirm"] is False
        assert [asked] == bridge.ui.modals


async def test_uni_shows_alipays_loading_for_a_toast_with_that_icon() -> None:
    """What Alipay has no option for is left out."""
    async with Bridge("uni/my") as bridge:
        await bridge.call("showToast", {"title": "a", "icon": "loading", "mask": True})
        await bridge.call("showToast", {"title": "b", "icon": "success", "image": "x.png"})
        assert {"content": "a"} == bridge.ui.loading
        assert {"content": "b", "type": "success"} == bridge.ui.toast
        assert not any("" in call.unknown_keys for call in bridge.calls)


async def test_a_call_without_callbacks_is_a_promise_under_uni() -> None:
    """As every call of uni's is; with a callback it returns nothing."""
    async with Bridge("uni/tt:douyin") as bridge:
        assert {"errMsg": "showToast:ok"} == await bridge.api.showToast({"title": "a"})
        heard: list[object] = []
        assert None is bridge.api.showToast({"title": "a", "complete": heard.append})
        await bridge.settled()
        assert [{"errMsg": "showToast:ok"}] == heard


def test_every_field_of_a_phone_has_a_source() -> None:
    """So has every API, and what is not documented says why."""
    names = ("wx", "wx:devtools", "my", "my:ide", "tt:feishu", "tt:douyin", "uni/h5", "uni/app")
    fields = {"apis", "info", "version_key", "network", "storage_kb", "sync_failure", "abilities"}
    fields |= {"results_word"}
    for name in names:
        device = resolve(name).profile.device
        assert isinstance(device, Device)
        assert fields == device.sources.keys()
        sources = [*device.sources.values()]
        for local in device.apis.values():
            sources += [local.source, *(text.source for text in local.texts.values())]
            for member in local.members.values():
                sources += [member.source, *(text.source for text in member.texts.values())]
        for source in sources:
            assert source.address
            assert source.note or source.status == "documented"
            assert len(source.note) <= 160
