"""What a comparison finds: in what comes back, what is returned, what is sent and understood."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bridge import Bridge, BridgeError, UploadServer, compare
from tests.compare.finding import found

if TYPE_CHECKING:
    from pathlib import Path

    from tests.compare.finding import Options


async def test_a_string_status_differs_from_a_number(seed: Options) -> None:
    """The types of values count: `"200"` on Alipay's simulator, 200 elsewhere."""
    seen = await found(seed, "my:ide", "my", "tt:feishu")
    assert {"my:ide": "200", "my": 200, "tt:feishu": 200} == seen.values("success.statusCode")


async def test_a_key_that_only_some_results_have_is_absent_from_the_others(seed: Options) -> None:
    """Feishu hands out a trace and no header, Alipay the other way round."""
    seen = await found(seed, "my", "tt:feishu")
    assert {"my": "absent", "tt:feishu": "<trace id>"} == seen.values("success.trace")
    assert {"my": {"$type": "object"}, "tt:feishu": "absent"} == seen.values("success.header")


async def test_what_the_call_returns_and_what_it_can_do_is_compared(seed: Options) -> None:
    """A task, a Promise, a Promise that is a task; and each member by what it does."""
    seen = await found(seed, "my:ide", "my", "uni/h5", "uni/app")
    returned = seen.values("returned.with_callbacks")
    assert {
        "my:ide": "promise",
        "my": "promise and task",
        "uni/h5": "task",
        "uni/app": "task",
    } == returned
    assert "promise" == seen.values("returned.without_callbacks")["uni/h5"]
    assert {
        "my:ide": "absent",
        "my": "works",
        "uni/h5": "throws Method not implemented.",
        "uni/app": "does nothing",
    } == seen.values("task.onHeadersReceived")


async def test_a_layer_may_put_the_task_inside_a_promise(seed: Options) -> None:
    """With `usePromise` mpx returns a Promise that holds the native return."""
    seen = await found(seed, "wx", ("mpx/wx", {"use_promise": "on"}))
    assert {
        "wx": "task",
        "mpx/wx": "promise, task in __returned",
    } == seen.values("returned.with_callbacks")
    assert "task.abort" not in seen
    assert ["mpx.use_promise"] == seen.rules("returned.with_callbacks", "mpx/wx")


async def test_the_order_of_callbacks_and_the_names_of_progress_are_compared(
    seed: Options,
) -> None:
    """Runs of progress events count as one; their byte counts are told by type only."""
    seen = await found(seed, "my", "tt:feishu")
    assert {
        "my": ["onProgressUpdate", "onHeadersReceived", "success", "complete"],
        "tt:feishu": ["onProgressUpdate", "success", "complete"],
    } == seen.values("after_success.order")
    assert {
        "my": {"$type": "number"},
        "tt:feishu": "absent",
    } == seen.values("progress.totalBytesWritten")


async def test_an_event_that_hands_over_the_headers_themselves_differs(seed: Options) -> None:
    """Alipay's event is the header map, WeChat's an object with it."""
    seen = await found(seed, "wx", "my")
    assert {
        "wx": "an object",
        "my": "the headers themselves",
    } == seen.values("headers_received.gets")


async def test_what_leaves_for_the_wire_is_compared(seed: Options) -> None:
    """Headers by name, parts by filename and type."""
    seen = await found(seed, "wx", "tt:feishu", "uni/h5")
    assert {
        "wx": "absent",
        "tt:feishu": "<trace id>",
        "uni/h5": "absent",
    } == seen.values("sent.headers.x-tt-logid")
    assert {
        "wx": "tmp_<hex>.png",
        "tt:feishu": "<ms>.png",
        "uni/h5": "picture.png",
    } == seen.values("sent.parts.file.filename")
    assert "sent.parts.user.text" not in seen


async def test_dropped_options_and_defaults_are_compared(seed: Options) -> None:
    """Feishu knows neither `fileType` nor `timeout`; Alipay fills the latter in."""
    seen = await found(seed, "my", "tt:feishu")
    assert {"my": "image", "tt:feishu": "absent"} == seen.values("understood.fileType")
    assert {"my": 60000, "tt:feishu": "absent"} == seen.values("understood.timeout")
    assert "understood.filePath" not in seen


async def test_other_names_of_options_are_compared(seed: Options) -> None:
    """A layer's renaming and a host's other spelling are told in words."""
    seen = await found(seed, "my", "uni/my")
    assert {
        "my": [],
        "uni/my": ["uni passes name as fileName", "fileName is read as name"],
    } == seen.values("renamed")


async def test_a_call_that_fails_on_some_targets_is_compared_with_those_it_failed_on(
    seed: Options,
) -> None:
    """Without `fileType` Alipay refuses: its failure has no place beside another's success."""
    del seed["fileType"]
    seen = await found(seed, "my", "uni/my", "wx")
    assert {
        "my": "fail: bad_parameter, nothing sent",
        "uni/my": "fail: bad_parameter, nothing sent",
        "wx": "success",
    } == seen.values("outcome")
    assert {"my": 11, "uni/my": "absent"} == seen.values("fail.error")
    assert [] == [field for field in seen.by_field if field.startswith(("success.", "sent."))]


async def test_a_missing_file_fails_everywhere_in_each_hosts_words(seed: Options) -> None:
    """All fail for one reason, so the outcome is no difference; texts and keys are."""
    seed["filePath"] = "nowhere.png"
    seen = await found(seed, "wx", "wx:devtools", "my")
    assert "outcome" not in seen
    texts = seen.values("fail.errMsg")
    assert "uploadFile:fail file not found" == texts["wx"]
    assert "uploadFile:fail createUploadTask:fail file not found" == texts["wx:devtools"]
    assert "absent" == texts["my"]


async def test_an_option_that_nobody_knows_is_noted(seed: Options) -> None:
    """It makes no difference, and is most likely a slip."""
    seen = await found({**seed, "filepath": "x"}, "my", "my:harmony")
    assert "no target here knows the option 'filepath'" in seen.comparison.notes
    assert "understood.filepath" not in seen


async def test_an_option_that_is_not_emulated_is_noted(seed: Options) -> None:
    """WeChat takes `enableHttp2`, and nothing comes of it here."""
    seen = await found({**seed, "enableHttp2": True}, "wx", "my")
    assert "the option 'enableHttp2' is taken but not emulated on wx" in seen.comparison.notes


async def test_targets_that_behave_alike_stand_together(seed: Options) -> None:
    """A pass-through layer is its host."""
    seen = await found(seed, "wx", "my", "mpx/wx")
    assert (("wx", "mpx/wx"), ("my",)) == seen.comparison.groups
    both = (("wx", "mpx/wx"), ("my",))
    assert both == tuple(one.targets for one in seen["success.errMsg"].variants)


async def test_identical_behaviour_shows_no_difference(seed: Options) -> None:
    """Ids, times, ports, boundaries and paths are not behaviour."""
    for layered, host in (("mpx/wx", "wx"), ("mpx/tt:feishu", "tt:feishu")):
        seen = await found(seed, host, layered)
        assert () == seen.comparison.differences
        assert seen.comparison.compared > 30
        assert ((host, layered),) == seen.comparison.groups


async def test_an_old_version_lacks_what_came_later(seed: Options) -> None:
    """Options, result fields and members of a newer version are absent from an older one."""
    seen = await found(seed, "wx@1.9.0", "wx@2.9.0", "wx@3.8.10")
    assert "absent" == seen.values("success.profile")["wx@2.9.0"]
    assert {"wx@1.9.0": "absent", "wx@2.9.0": "absent", "wx@3.8.10": 60000} == seen.values(
        "understood.timeout"
    )
    assert {"wx@1.9.0": "absent", "wx@2.9.0": "works", "wx@3.8.10": "works"} == seen.values(
        "task.onHeadersReceived"
    )


async def test_a_field_of_profile_may_be_newer_than_the_profile(seed: Options) -> None:
    """Of two versions that both hand out `profile` its members are compared by type."""
    seen = await found(seed, "wx@3.5.0", "wx")
    assert {"wx@3.5.0": "absent", "wx": {"$type": "number"}} == seen.values(
        "success.profile.queueStart"
    )
    assert "success.profile" not in seen


async def test_two_readings_of_one_target_are_told_apart_by_name(seed: Options) -> None:
    """The fields set for a target stand behind its name where it is there twice."""
    seen = await found(seed, "my", ("my", {"status_code": "string"}), "wx")
    other = "my [status_code=string]"
    assert ("my", other, "wx") == seen.comparison.targets
    assert {"my": 200, other: "200", "wx": 200} == seen.values("success.statusCode")
    assert f"set on {other}: status_code=string" in seen.comparison.notes


async def test_a_set_of_names_is_told_in_one_order(seed: Options) -> None:
    """The name of a reading does not depend on how Python orders a set."""
    names = {f"x-{number}" for number in range(9)}
    seen = await found(seed, "my", ("my", {"forbidden_headers": names}))
    assert f"my [forbidden_headers={sorted(names)}]" == seen.comparison.targets[1]


async def test_a_target_counts_once(seed: Options) -> None:
    """An alias and a repeated name are the same target."""
    seen = await found(seed, "tt", "tt:feishu", "wx", "wx:device")
    assert ("tt:feishu", "wx") == seen.comparison.targets


async def test_setup_prepares_every_bridge(seed: Options) -> None:
    """It may change the network, and add options; it may be a coroutine."""

    async def prepare(bridge: Bridge) -> Options:
        bridge.network.offline()
        return {"filePath": bridge.files.add("a.png", b"1")}

    seen = await found(seed, "wx", "my", setup=prepare)
    assert (
        "uploadFile:fail upload fail:-106:net::ERR_INTERNET_DISCONNECTED"
        == (seen.values("fail.errMsg")["wx"])
    )
    assert "outcome" not in seen


async def test_what_setup_returns_is_as_good_as_what_was_given(
    seed: Options, picture: Path
) -> None:
    """A `Path` is added to the bridge, and an origin is answered by the embedded server."""
    url, path = "https://other.example.com/u", seed.pop("filePath")
    more: Options = {"url": url, "filePath": path}
    seen = await found(seed, "wx", "my", setup=lambda _: more)
    assert "outcome" not in seen
    assert {"wx": "tmp_<hex>.png", "my": "apml<hex>.image"} == seen.values(
        "sent.parts.file.filename"
    )
    assert picture == path


async def test_setup_may_route_an_origin_elsewhere(seed: Options) -> None:
    """Its own route stands."""
    async with UploadServer() as server:
        server.reply(404, times=2)

        def elsewhere(bridge: Bridge) -> None:
            bridge.route("https://example.weixin.qq.com", to=server.url)

        seen = await found(seed, "my:ide", "my", setup=elsewhere)
    assert {"my:ide": "404", "my": 404} == seen.values("success.statusCode")


async def test_setup_may_return_nothing_else(seed: Options) -> None:
    """Anything but options is the test author's mistake."""
    with pytest.raises(BridgeError, match="setup returned 7; it returns options to add, or None"):
        await compare(seed, ["wx", "my"], setup=lambda _: 7)  # type: ignore[arg-type, return-value]


async def test_secrets_are_masked_as_in_a_trace(seed: Options) -> None:
    """Neither what was given nor what was sent is shown."""
    seed |= {"header": {"Authorization": "Bearer hunter2"}, "url": "https://a.test/u?token=hunter2"}
    document = str((await compare(seed, ["wx", "my", "tt"])).to_json())
    assert "hunter2" not in document
    assert "'Authorization': '***'" in document
    assert "https://a.test/u?token=***" in document


async def test_nothing_leaves_the_machine(seed: Options) -> None:
    """Real origins are answered by the embedded server, on every target."""
    seed["url"] = "https://www.example.com:8443/upload"
    seen = await found(seed, "my", "uni/h5", "uploader/wx")
    assert "outcome" not in seen
    assert {"success"} == {"success" for field in seen.by_field if field.startswith("success.")}


async def test_a_server_on_this_machine_is_called_itself(seed: Options) -> None:
    """So a test may compare what hosts make of its own answers."""
    async with UploadServer() as server:
        server.reply(500, {"no": 1}, times=2)
        seen = await found({**seed, "url": f"{server.url}/u"}, "my:ide", "my")
        assert 2 == len(server.uploads)
    assert {"my:ide": "500", "my": 500} == seen.values("success.statusCode")


@pytest.mark.parametrize("url", [None, "/upload"])
async def test_an_address_that_is_missing_or_a_path_is_filled_in(
    seed: Options, url: str | None
) -> None:
    """The embedded server answers there."""
    del seed["url"]
    seen = await found(seed if url is None else {**seed, "url": url}, "wx", "my")
    assert "outcome" not in seen
    assert {"wx", "my"} == set(seen.values("success.errMsg"))


async def test_a_path_beside_a_domain_is_left_to_the_layer(seed: Options) -> None:
    """`domain` is lwu-upload's own; elsewhere the path alone is no address."""
    seed |= {"url": "/upload", "domain": "https://www.example.com"}
    seen = await found(seed, "uploader/wx", "wx")
    assert {
        "uploader/wx": "success",
        "wx": "fail: bad_url, nothing sent",
    } == seen.values("outcome")


async def test_an_api_that_some_targets_lack_is_a_difference() -> None:
    """Nothing else is compared with a target that has no such function."""
    seen = await found({"count": 1}, "wx", "wx:devtools", "my", "wx@2.9.0", api="chooseMedia")
    assert {
        "wx": "there",
        "wx:devtools": "there",
        "my": "absent",
        "wx@2.9.0": "absent",
    } == seen.values("api")
    assert ("wx", "wx:devtools") == tuple(seen.values("success.tempFiles"))


async def test_requests_are_compared_as_well() -> None:
    """The API's own options, results and wire."""
    call: Options = {"api": "request", "options": {"data": {"a": [1, 2]}}}
    seen = await found(call, "wx", "my", "uni/h5")
    assert {"wx": "absent", "my": 200, "uni/h5": "absent"} == seen.values("success.status")
    assert "https://upload.example.com/upload?a=1%2C2" == seen.values("sent.url")["uni/h5"]
    assert "https://upload.example.com/upload?a=%5B1%2C2%5D" == seen.values("sent.url")["wx"]


async def test_what_complete_gets_is_compared() -> None:
    """On Alipay mpx renames a request's success, and hands `complete` the host's own."""
    call: Options = {"api": "request", "options": {}}
    seen = await found(call, "my", "mpx/my")
    assert {
        "my": "gets what success got",
        "mpx/my": {"$type": "object"},
    } == seen.values("after_success.complete")
    assert ["mpx.results", "mpx.complete_gets"] == sorted(
        seen.rules("after_success.complete", "mpx/my"), reverse=True
    )


async def test_two_comparisons_of_one_call_are_equal(seed: Options) -> None:
    """Text, Markdown and data repeat to the letter."""
    targets = ["wx", "my:ide", "tt:feishu", "uni/h5", "uploader/app", "wx@2.9.0"]
    first, second = [await compare(seed, targets) for _ in range(2)]
    assert first.to_text() == second.to_text()
    assert first.to_markdown() == second.to_markdown()
    assert first.to_json() == second.to_json()


async def test_the_number_of_places_is_that_of_all_that_was_looked_at(seed: Options) -> None:
    """More targets with more results make more places."""
    few = await compare(seed, ["my", "my:harmony"])
    many = await compare(seed, ["my", "my:harmony", "wx"])
    assert 0 < len(few.differences) < few.compared < many.compared


async def test_files_in_a_list_and_file_objects_are_added_to_each_bridge(
    seed: Options, picture: Path
) -> None:
    """A `Path` in `files` and in `file` stands for a file; only H5 takes a File object."""
    del seed["filePath"]
    seed["files"] = [{"name": "a", "uri": picture}, {"name": "b", "file": picture}]
    seen = await found(seed, "uni/h5", "uni/app", "wx")
    assert {
        "uni/h5": "success",
        "uni/app": "fail: missing_file, nothing sent",
        "wx": "fail: bad_parameter, nothing sent",
    } == seen.values("outcome")
