"""Seed 000, the rows of its callbacks and results, and its two warnings about the network."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bridge import Bridge, Reason, UploadFailed, UploadServer
from bridge.target import all_names, resolve

if TYPE_CHECKING:
    from collections.abc import Callable

    from bridge.target import Target

    Heard = list[tuple[str, dict[str, object]]]

EXAMPLE = "https://up.example.com"
CALLBACKS = ("success", "fail", "complete")


def targets(layers: str = "uni uploader", where: Callable[[Target], bool] = bool) -> list[str]:
    """Return the addresses of seed 000's layers over every host that fulfils a condition."""
    names = [name for name in all_names() if name.partition("/")[0] in layers.split()]
    return [name for name in names if where(resolve(name))]


def judges_domains(target: Target) -> bool:
    """Tell whether the host keeps to a domain list."""
    return target.profile.domain_check == "enforced"


def is_a_browser(target: Target) -> bool:
    """Tell whether the host's answers are subject to CORS."""
    return target.profile.check_cors


def options(bridge: Bridge, url: str, **given: object) -> dict[str, object]:
    """Return sound options for one small picture on this host."""
    needed = {"fileType": "image"} if bridge.profile.file_type == "required" else {}
    path = bridge.files.add("photo.png", b"pixels")
    return {"url": url, "filePath": path, "name": "photo", **needed, **given}


def listening(heard: Heard, *names: str) -> dict[str, object]:
    """Return the callbacks named, each writing down its name and what it got."""

    def callback(name: str) -> Callable[[dict[str, object]], None]:
        return lambda result: heard.append((name, result))

    return {name: callback(name) for name in names}


def start(bridge: Bridge, given: dict[str, object]) -> object:
    """Call uni.uploadFile or uploader.upload, whichever this target has."""
    name = "upload" if bridge.target.startswith("uploader/") else "uploadFile"
    return getattr(bridge.api, name)(given)


# --- success, fail and complete


@pytest.mark.target(*targets())
async def test_row_success_then_complete_each_once_with_its_own_equal_object(
    bridge: Bridge, upload_server: UploadServer
) -> None:
    """An answered upload calls success, then complete; fail is not called."""
    heard: Heard = []

    start(bridge, options(bridge, upload_server.url, **listening(heard, *CALLBACKS)))
    assert [] == heard
    await bridge.settled()

    assert ["success", "complete"] == [name for name, _ in heard]
    (_, first), (_, second) = heard
    assert first == second
    assert first is not second
    nested = [key for key, value in first.items() if isinstance(value, dict | list)]
    assert [] == [key for key in nested if first[key] is second[key]]


@pytest.mark.target(*targets())
async def test_row_success_gets_the_servers_answer_and_no_temp_file_path(
    bridge: Bridge, upload_server: UploadServer
) -> None:
    """The row's tempFilePath is a slip: the keys are the host's, data and statusCode among them."""
    outcome = await bridge.call("uploadFile", options(bridge, upload_server.url))

    own = [key for key in bridge.profile.success if outcome.record.target.has(f"success.{key}")]
    made_up = ["errMsg"] if bridge.profile.namespace == "my" else []
    assert [*own, *made_up] == list(outcome.result)
    assert {"data", "statusCode"} <= outcome.result.keys()
    assert "uploadFile:ok" == outcome.result["errMsg"]


@pytest.mark.target(*targets())
async def test_row_fail_then_complete_each_once_with_its_own_equal_object(
    bridge: Bridge, upload_server: UploadServer
) -> None:
    """A call that cannot be made calls fail, then complete, and success never."""
    heard: Heard = []
    bridge.network.offline()

    start(bridge, options(bridge, upload_server.url, **listening(heard, *CALLBACKS)))
    assert [] == heard
    await bridge.settled()

    assert ["fail", "complete"] == [name for name, _ in heard]
    (_, first), (_, second) = heard
    assert first == second
    assert first is not second
    assert str(first["errMsg"]).startswith("uploadFile:fail")
    assert not {"error", "errorMessage", "data"} & first.keys()


@pytest.mark.target(*targets())
@pytest.mark.parametrize("status", [201, 404, 500])
async def test_row_fail_is_not_called_for_an_http_error(
    bridge: Bridge, upload_server: UploadServer, status: int
) -> None:
    """Any HTTP status is a success; the logic has to look at statusCode itself."""
    heard: Heard = []
    upload_server.reply(status, "no such place")

    start(bridge, options(bridge, upload_server.url, **listening(heard, *CALLBACKS)))
    await bridge.settled()

    assert ["success", "complete"] == [name for name, _ in heard]
    assert (str(status), "no such place") == (str(heard[0][1]["statusCode"]), heard[0][1]["data"])


@pytest.mark.target(*targets())
@pytest.mark.parametrize("only", CALLBACKS)
async def test_row_complete_success_and_fail_are_each_optional(
    bridge: Bridge, upload_server: UploadServer, only: str
) -> None:
    """One callback alone is enough, is called at most once, and the upload is made all the same."""
    heard: Heard = []

    start(bridge, options(bridge, upload_server.url, **listening(heard, only)))
    await bridge.settled()

    assert {"success": ["success"], "fail": [], "complete": ["complete"]}[only] == [
        name for name, _ in heard
    ]
    assert 1 == len(upload_server.uploads)


@pytest.mark.target(*targets())
async def test_row_complete_runs_although_success_throws(
    bridge: Bridge, upload_server: UploadServer
) -> None:
    """What success throws is reported, and stops neither complete nor the call."""
    heard: Heard = []

    def broken(result: dict[str, object]) -> None:
        result.clear()
        raise ValueError("broken")

    callbacks = {"success": broken, **listening(heard, "complete")}
    start(bridge, options(bridge, upload_server.url, **callbacks))
    await bridge.settled()

    assert ["complete"] == [name for name, _ in heard]
    assert "uploadFile:ok" == heard[0][1]["errMsg"]
    assert ["ValueError('broken')"] == [repr(error) for error in bridge.callback_errors]
    assert ["success: ValueError('broken')"] == bridge.calls[-1].callback_errors
    bridge.callback_errors.clear()


@pytest.mark.target(*targets("uni"))
async def test_row_success_without_callbacks_is_a_promise_that_hides_the_task(
    bridge: Bridge, upload_server: UploadServer
) -> None:
    """To uni a call without callbacks returns a Promise: the result, and no member of a task."""
    promise = bridge.api.uploadFile(options(bridge, upload_server.url))

    assert not hasattr(promise, "abort")
    assert not hasattr(promise, "onProgressUpdate")
    result = await promise
    assert ("uploadFile:ok", '{"ok":true}') == (result["errMsg"], result["data"])


@pytest.mark.target(*targets("uni"))
async def test_row_success_that_is_no_function_counts_as_no_callback(
    bridge: Bridge, upload_server: UploadServer
) -> None:
    """Values other than functions are dropped, so that the call returns a Promise."""
    given = options(bridge, upload_server.url, success="done", fail=None, complete=True)

    promise = bridge.api.uploadFile(given)

    assert not hasattr(promise, "abort")
    assert "uploadFile:ok" == (await promise)["errMsg"]
    assert not {*CALLBACKS} & {*bridge.calls[-1].unknown_keys}


@pytest.mark.target(*targets("uni"))
async def test_row_fail_without_callbacks_rejects_the_promise(
    bridge: Bridge, upload_server: UploadServer
) -> None:
    """The Promise is rejected with the very object that fail would have got."""
    bridge.network.refuse()

    with pytest.raises(UploadFailed) as caught:
        await bridge.api.uploadFile(options(bridge, upload_server.url))

    assert caught.value.reason == Reason.CONNECTION_REFUSED
    assert bridge.calls[-1].result == caught.value.result


# --- data and statusCode


@pytest.mark.target(*targets())
async def test_row_data_is_the_answers_body_as_a_string(
    bridge: Bridge, upload_server: UploadServer
) -> None:
    """JSON is not parsed, the answer's charset counts, and one byte order mark is dropped."""
    upload_server.reply(body='{"路径": [1, 2]}')
    upload_server.reply(
        body="后".encode("gbk"), headers={"Content-Type": "text/plain; charset=gbk"}
    )
    upload_server.reply(body="\ufeff\ufeffmarked".encode())
    upload_server.reply(204)

    answers = [
        (await bridge.call("uploadFile", options(bridge, upload_server.url))).result["data"]
        for _ in range(4)
    ]

    assert ['{"路径": [1, 2]}', "后", "\ufeffmarked", ""] == answers


@pytest.mark.target(*targets())
async def test_row_status_code_is_of_the_hosts_own_type(
    bridge: Bridge, upload_server: UploadServer
) -> None:
    """The number or the string of the profile: the page's `String` is no host's but Alipay's."""
    upload_server.reply(418)

    outcome = await bridge.call("uploadFile", options(bridge, upload_server.url))

    expected = {"number": 418, "string": "418"}[bridge.profile.status_code]
    assert repr(expected) == repr(outcome.result["statusCode"])


@pytest.mark.target(*targets(), status_code="string")
async def test_row_status_code_as_the_pages_string_is_the_field_status_code(
    bridge: Bridge, upload_server: UploadServer
) -> None:
    """With status_code='string' any target reads as the document's table has it."""
    outcome = await bridge.call("uploadFile", options(bridge, upload_server.url))

    assert "200" == outcome.result["statusCode"]


@pytest.mark.target("uni/my:ide", "uploader/my:ide")
async def test_note_the_alipay_ide_gives_the_status_as_a_string(
    bridge: Bridge, upload_server: UploadServer
) -> None:
    """In the developer tool 200 is the string `200`."""
    outcome = await bridge.call("uploadFile", options(bridge, upload_server.url))

    assert "200" == outcome.result["statusCode"]


@pytest.mark.target("uni/my", "uploader/my")
async def test_note_an_alipay_phone_gives_the_status_as_a_number(
    bridge: Bridge, upload_server: UploadServer
) -> None:
    """On a phone 200 is a number."""
    outcome = await bridge.call("uploadFile", options(bridge, upload_server.url))

    assert 200 == outcome.result["statusCode"]


# --- the domain list of mini-program hosts


@pytest.mark.parametrize("target", targets(where=judges_domains))
async def test_note_an_origin_off_the_domain_list_is_refused_on_mini_program_hosts(
    upload_server: UploadServer, target: str
) -> None:
    """An address that the configured list does not hold fails before anything is sent."""
    async with Bridge(target, domains=["https://other.example.com"]) as bridge:
        bridge.route(EXAMPLE, to=upload_server.url)
        outcome = await bridge.call("uploadFile", options(bridge, f"{EXAMPLE}/upload"))

    assert outcome.reason == Reason.DOMAIN_NOT_LISTED
    assert upload_server.uploads == []


@pytest.mark.parametrize("target", targets(where=judges_domains))
async def test_note_an_origin_on_the_domain_list_is_served(
    upload_server: UploadServer, target: str
) -> None:
    """An address on the list is reached, and the server sees its logical Host."""
    async with Bridge(target, domains=[EXAMPLE]) as bridge:
        bridge.route(EXAMPLE, to=upload_server.url)
        outcome = await bridge.call("uploadFile", options(bridge, f"{EXAMPLE}/upload"))

    assert outcome.ok
    assert "up.example.com" == upload_server.last.headers["Host"]


@pytest.mark.parametrize(("target", "covers"), [("uni/wx", False), ("uni/my", True)])
async def test_note_a_listed_domain_covers_its_sub_domains_on_alipay_and_not_on_wechat(
    upload_server: UploadServer, target: str, *, covers: bool
) -> None:
    """The same list opens `up.example.com` on Alipay, and does not on WeChat."""
    async with Bridge(target, domains=["https://example.com"]) as bridge:
        bridge.route(EXAMPLE, to=upload_server.url)
        outcome = await bridge.call("uploadFile", options(bridge, f"{EXAMPLE}/upload"))

    assert covers == outcome.ok


@pytest.mark.parametrize("target", targets(where=lambda target: not judges_domains(target)))
async def test_note_no_domain_list_is_kept_by_h5_the_app_and_alipays_ide(
    upload_server: UploadServer, target: str
) -> None:
    """Where no list is judged, an address off it is reached, and the record may say so."""
    async with Bridge(target, domains=["https://other.example.com"]) as bridge:
        bridge.route(EXAMPLE, to=upload_server.url)
        outcome = await bridge.call("uploadFile", options(bridge, f"{EXAMPLE}/upload"))

    assert target.partition("/")[2] in ("app", "h5", "my:ide")
    assert outcome.ok
    assert "domain_check" in outcome.record.decisions.rules()


# --- H5 is cross-origin


@pytest.mark.target(*targets(where=is_a_browser))
async def test_note_h5_is_cross_origin_and_the_embedded_server_allows_it(
    bridge: Bridge, upload_server: UploadServer
) -> None:
    """The page's origin is another, and the server's own answers carry the header for it."""
    outcome = await bridge.call("uploadFile", options(bridge, upload_server.url))

    assert outcome.ok
    assert outcome.record.response is not None
    assert ("Access-Control-Allow-Origin", "*") in outcome.record.response.headers


@pytest.mark.target(*targets(where=is_a_browser))
@pytest.mark.parametrize("allowed", [None, "http://elsewhere.example", "null", ""])
async def test_note_h5_fails_a_cross_origin_answer_that_does_not_allow_the_page(
    bridge: Bridge, upload_server: UploadServer, allowed: str | None
) -> None:
    """The upload arrives, but the page learns nothing beyond `uploadFile:fail`."""
    upload_server.reply(headers={"Access-Control-Allow-Origin": allowed})

    outcome = await bridge.call("uploadFile", options(bridge, upload_server.url))

    assert 1 == len(upload_server.uploads)
    assert {"errMsg": "uploadFile:fail"} == outcome.result
    assert outcome.reason == Reason.BAD_RESPONSE
    assert "check_cors" in outcome.record.decisions.rules()


@pytest.mark.target(*targets(where=is_a_browser))
async def test_note_h5_takes_an_answer_that_names_its_origin(
    bridge: Bridge, upload_server: UploadServer
) -> None:
    """The page's own origin in the header is as good as a star."""
    origin = bridge.profile.page_origin
    upload_server.reply(headers={"Access-Control-Allow-Origin": origin})

    outcome = await bridge.call("uploadFile", options(bridge, upload_server.url))

    assert outcome.ok


@pytest.mark.target(*targets(where=is_a_browser))
@pytest.mark.parametrize("allowed", [None, "*"])
async def test_note_h5_judges_the_answer_a_redirect_leads_to(
    bridge: Bridge, upload_server: UploadServer, allowed: str | None
) -> None:
    """After a redirect the last answer has to allow the page, as the redirect itself does."""
    upload_server.redirect(f"{upload_server.url}/there")
    upload_server.reply(headers={"Access-Control-Allow-Origin": allowed})

    outcome = await bridge.call("uploadFile", options(bridge, f"{upload_server.url}/here"))

    assert (allowed == "*") == outcome.ok
    assert ["/here", "/there"] == [upload.path for upload in upload_server.uploads]


@pytest.mark.parametrize("target", targets(where=is_a_browser))
async def test_note_h5_asks_nothing_of_its_own_origin(
    upload_server: UploadServer, target: str
) -> None:
    """An answer from the page's own origin needs no header, and a relative url goes there."""
    upload_server.reply(headers={"Access-Control-Allow-Origin": None})
    async with Bridge(target, page_origin=upload_server.url) as bridge:
        outcome = await bridge.call("uploadFile", options(bridge, "/upload"))

    assert outcome.ok
    assert "/upload" == upload_server.last.path


@pytest.mark.target(*targets(where=is_a_browser), check_cors=False)
async def test_note_h5_without_check_cors_takes_any_answer(
    bridge: Bridge, upload_server: UploadServer
) -> None:
    """The field check_cors turns the browser's rule off, as behind a development proxy."""
    upload_server.reply(headers={"Access-Control-Allow-Origin": None})

    outcome = await bridge.call("uploadFile", options(bridge, upload_server.url))

    assert outcome.ok


@pytest.mark.target(*targets(where=lambda target: not is_a_browser(target)))
async def test_note_h5_alone_is_cross_origin(bridge: Bridge, upload_server: UploadServer) -> None:
    """No other host looks at Access-Control-Allow-Origin."""
    upload_server.reply(headers={"Access-Control-Allow-Origin": None})

    outcome = await bridge.call("uploadFile", options(bridge, upload_server.url))

    assert outcome.ok
