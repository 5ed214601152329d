"""Seed 000, the rows of its options other than files: what is accepted, and what gets through."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from bridge import Bridge, MemoryTransport, Outcome, Reason, UploadServer, undefined
from bridge.options import rules_for
from bridge.target import all_names, resolve

if TYPE_CHECKING:
    from collections.abc import Callable

    from bridge.target import Target

EXAMPLE = "https://www.example.com"


def targets(layers: str = "uni uploader", where: Callable[[Target], bool] = bool) -> list[str]:
    """Return the addresses of seed 000's layers over every host that fulfils a condition."""
    names = [name for name in all_names() if name.partition("/")[0] in layers.split()]
    return [name for name in names if where(resolve(name))]


def knows(option: str) -> Callable[[Target], bool]:
    """Return the condition that a host has an option of this name."""
    return lambda target: option in rules_for(target, "uploadFile").properties


def lacks(option: str) -> Callable[[Target], bool]:
    """Return the condition that a host has no option of this name."""
    return lambda target: not knows(option)(target)


async def upload(bridge: Bridge, url: str, **options: object) -> Outcome:
    """Upload one small picture with everything this host requires, and the options given."""
    needed = {"fileType": "image"} if bridge.profile.file_type == "required" else {}
    path = bridge.files.add("photo.png", b"pixels")
    base = {"url": url, "filePath": path, "name": "photo", **needed}
    return await bridge.call("uploadFile", base | options)


# --- the request as a whole, url, filePath and name


@pytest.mark.target(*targets())
async def test_row_post_the_server_sees_a_post_of_multipart_form_data(
    bridge: Bridge, upload_server: UploadServer
) -> None:
    """Whatever the host, an upload is one POST whose body is sound multipart/form-data."""
    outcome = await upload(bridge, f"{upload_server.url}/upload?to=1")

    assert outcome.ok
    assert len(upload_server.uploads) == 1
    seen = upload_server.last
    assert (seen.method, seen.path) == ("POST", "/upload?to=1")
    assert seen.headers["Content-Type"].startswith("multipart/form-data; boundary=")
    assert seen.error is None
    assert int(seen.headers["Content-Length"]) == seen.size


@pytest.mark.target(*targets(where=lambda target: target.profile.mismatch != "warn"))
async def test_row_url_is_required_where_the_host_checks_its_options(
    bridge: Bridge, upload_server: UploadServer
) -> None:
    """A mini-program host refuses a call without url, and nothing is sent."""
    path = bridge.files.add("photo.png", b"pixels")
    options = {"url": undefined, "filePath": path, "name": "photo", "fileType": "image"}

    outcome = await bridge.call("uploadFile", options)

    assert outcome.reason == Reason.BAD_PARAMETER
    assert outcome.record.decisions.rules()[-2:] == ["mismatch", "bad_parameter"]
    assert upload_server.uploads == []


@pytest.mark.target(*targets())
async def test_row_file_path_and_name_make_the_one_file_part(
    bridge: Bridge, upload_server: UploadServer
) -> None:
    """The file behind filePath arrives whole, under the key that name gives."""
    await upload(bridge, upload_server.url, name="a key")

    assert ["a key"] == [part.name for part in upload_server.last.files]
    upload_server.last.assert_file("a key", size=6)
    assert upload_server.last.file().text == "pixels"


@pytest.mark.target(*targets("uni", where=lambda target: target.profile.mismatch != "warn"))
async def test_row_name_is_required_where_the_host_checks_its_options(
    bridge: Bridge, upload_server: UploadServer
) -> None:
    """A mini-program host refuses a call whose name is not there."""
    outcome = await upload(bridge, upload_server.url, name=undefined)

    assert outcome.reason == Reason.BAD_PARAMETER
    assert upload_server.uploads == []


@pytest.mark.target("uni/h5", *targets("uploader"))
async def test_row_name_falls_back_to_file_where_something_fills_it_in(
    bridge: Bridge, upload_server: UploadServer
) -> None:
    """H5 and the uploader's own config call a file without a name `file`."""
    path = bridge.files.add("photo.png", b"pixels")
    options = {"url": upload_server.url, "filePath": path, "fileType": "image"}

    absences: list[dict[str, object]] = [{}, {"name": undefined}, {"name": None}]
    for absence in absences:
        outcome = await bridge.call("uploadFile", {**options, **absence})
        assert outcome.ok

    names = [part.name for upload in upload_server.uploads for part in upload.files]
    assert ["file"] * 3 == names


# --- fileType


@pytest.mark.target(*targets(where=lambda target: target.profile.namespace == "my"))
async def test_row_file_type_is_required_on_alipay(
    bridge: Bridge, upload_server: UploadServer
) -> None:
    """Every Alipay refuses a call without fileType, in the words uni makes of its error."""
    outcome = await upload(bridge, upload_server.url, fileType=undefined)

    assert {"errMsg": "uploadFile:fail 无效参数"} == outcome.result
    assert outcome.reason == Reason.BAD_PARAMETER
    assert upload_server.uploads == []


@pytest.mark.target(*targets(where=lambda target: target.profile.namespace == "my"))
@pytest.mark.parametrize("kind", ["image", "video", "audio"])
async def test_row_file_type_is_one_of_image_video_and_audio_and_stays_off_the_wire(
    bridge: Bridge, upload_server: UploadServer, kind: str
) -> None:
    """The three words pass, and the server learns nothing of them."""
    outcome = await upload(bridge, upload_server.url, fileType=kind)

    assert outcome.ok
    assert [] == upload_server.last.fields


@pytest.mark.target(*targets("uni", where=lambda target: target.profile.namespace == "my"))
@pytest.mark.parametrize("kind", ["document", "", 3])
async def test_row_file_type_of_another_value_is_refused_on_alipay(
    bridge: Bridge, upload_server: UploadServer, kind: object
) -> None:
    """A word outside the three, an empty one and a number are each an invalid parameter."""
    outcome = await upload(bridge, upload_server.url, fileType=kind)

    assert {"errMsg": "uploadFile:fail 无效参数"} == outcome.result
    assert upload_server.uploads == []


@pytest.mark.target("uni/my", "uploader/my:ide", file_type="ignored")
async def test_row_file_type_ignored_is_the_other_reading_of_alipay(
    bridge: Bridge, upload_server: UploadServer
) -> None:
    """With file_type='ignored' a call without it succeeds, as a page of 2022 has it for phones."""
    outcome = await upload(bridge, upload_server.url, fileType=undefined)

    assert outcome.ok
    upload_server.last.assert_file("photo", size=6)


@pytest.mark.target(*targets(where=lacks("fileType")))
async def test_row_file_type_is_for_alipay_only_elsewhere_it_is_dropped_and_recorded(
    bridge: Bridge, upload_server: UploadServer
) -> None:
    """Another host neither sends fileType nor fails for it; the record lists it."""
    outcome = await upload(bridge, upload_server.url, fileType="image")

    assert outcome.ok
    assert "fileType" in outcome.record.unknown_keys
    assert [] == upload_server.last.fields


# --- domain


@pytest.mark.target(*targets("uploader"))
async def test_row_domain_replaces_base_uri(bridge: Bridge, upload_server: UploadServer) -> None:
    """With domain the configured baseURI is void for that call, and only for that call."""
    bridge.api.config({"baseURI": f"{upload_server.url}/configured"})

    await upload(bridge, "/upload", domain=f"{upload_server.url}/given")
    await upload(bridge, "/upload")

    paths = [seen.path for seen in upload_server.uploads]
    assert ["/given/upload", "/configured/upload"] == paths


@pytest.mark.target(*targets("uploader"))
async def test_row_domain_empty_leaves_base_uri_in_force(
    bridge: Bridge, upload_server: UploadServer
) -> None:
    """A domain that is set to nothing is not set."""
    bridge.api.config({"baseURI": f"{upload_server.url}/configured"})

    await upload(bridge, "/upload", domain="")
    await upload(bridge, "/upload", domain=undefined)

    assert ["/configured/upload"] * 2 == [seen.path for seen in upload_server.uploads]


@pytest.mark.target("uploader/h5", "uploader/wx", domain="ignore")
async def test_row_domain_ignored_is_what_the_library_really_does(
    bridge: Bridge, upload_server: UploadServer
) -> None:
    """With domain='ignore' the option changes nothing, as in the published code."""
    bridge.api.config({"baseURI": f"{upload_server.url}/configured"})

    await upload(bridge, "/upload", domain=f"{upload_server.url}/given")

    assert "/configured/upload" == upload_server.last.path


@pytest.mark.target(*targets("uni"))
async def test_row_domain_is_the_uploaders_own_and_unknown_to_uni(
    bridge: Bridge, upload_server: UploadServer
) -> None:
    """To uni.uploadFile domain is no option: dropped, recorded, and the url stays as it is."""
    outcome = await upload(bridge, f"{upload_server.url}/upload", domain=EXAMPLE)

    assert ("domain",) == outcome.record.unknown_keys
    assert "/upload" == upload_server.last.path


@pytest.mark.target(*targets("uploader"))
async def test_row_url_and_domain_are_joined_as_they_are(
    bridge: Bridge, upload_server: UploadServer
) -> None:
    """Domain and url are concatenated: no slash is put in, and none taken out."""
    options = {"url": "/upload", "domain": f"{upload_server.url}/"}

    await upload(bridge, **options)

    assert {"url": "/upload", "domain": f"{upload_server.url}/"} == options
    assert "//upload" == upload_server.last.path


# --- header


@pytest.mark.target(*targets())
@pytest.mark.parametrize("spelling", ["Referer", "referer", "REFERER"])
async def test_row_header_cannot_set_referer(
    bridge: Bridge, upload_server: UploadServer, spelling: str
) -> None:
    """Other headers reach the server as given; a Referer of the caller's never does."""
    header = {spelling: "https://elsewhere.example/", "X-Case": "kept", "x-count": 2}

    outcome = await upload(bridge, upload_server.url, header=header)

    assert outcome.ok
    seen = upload_server.last.headers
    assert {"X-Case": "kept", "x-count": "2"} == {
        name: value for name, value in seen.items() if name.lower().startswith("x-c")
    }
    assert "https://elsewhere.example/" not in seen.getall("Referer", [])
    assert len(seen.getall("Referer", [])) <= 1
    assert {"forbidden_headers", "refused_headers"} & {*outcome.record.decisions.rules()}


@pytest.mark.target(*targets())
async def test_row_header_referer_is_the_hosts_own_or_none(
    bridge: Bridge, upload_server: UploadServer
) -> None:
    """The server sees the Referer that this host makes up, and none from the App."""
    await upload(bridge, upload_server.url)

    template = bridge.profile.referer
    version = {"appid": "wx0123456789abcdef", "version": "0"}
    expected = [] if template is None else [template.format(**version)]
    assert expected == upload_server.last.headers.getall("Referer", [])


@pytest.mark.target(*targets())
async def test_row_header_content_type_without_boundary_breaks_the_body_on_h5_alone(
    bridge: Bridge, upload_server: UploadServer
) -> None:
    """A browser sends the caller's Content-Type as it is; every other host puts its own there."""
    header = {"Content-Type": "multipart/form-data"}

    outcome = await upload(bridge, upload_server.url, header=header)

    (sent,) = upload_server.last.headers.getall("Content-Type")
    if bridge.profile.name == "h5":
        assert ("multipart/form-data", 400) == (sent, outcome.result["statusCode"])
        assert upload_server.last.error is not None
    else:
        assert sent.startswith("multipart/form-data; boundary=")
        assert upload_server.last.error is None
        assert "content_type" in outcome.record.decisions.rules()


# --- timeout, in virtual time


async def seconds_until_end(target: str, **options: object) -> tuple[float, Outcome]:
    """Let an upload stall halfway and return how long its host let it wait."""
    async with Bridge(target, transport=MemoryTransport()) as bridge:
        bridge.network.stall_after(percent=50)
        loop = asyncio.get_running_loop()
        begun = loop.time()
        outcome = await upload(bridge, EXAMPLE, **options)
        return loop.time() - begun, outcome


@pytest.mark.looptime
@pytest.mark.parametrize("target", targets())
async def test_row_timeout_is_60000_ms_where_the_caller_gives_none(target: str) -> None:
    """A call that stalls ends after a minute, by the document's default."""
    elapsed, outcome = await seconds_until_end(target)

    assert elapsed == pytest.approx(60)
    assert outcome.reason == Reason.TIMEOUT


@pytest.mark.looptime
@pytest.mark.parametrize("target", targets(where=knows("timeout")))
async def test_row_timeout_given_counts_on_the_listed_hosts(target: str) -> None:
    """Where the option exists its milliseconds end the call, up to the host's maximum."""
    short, _ = await seconds_until_end(target, timeout=1500)
    long, outcome = await seconds_until_end(target, timeout=90_000)

    longest = 60 if target.endswith("/tt:douyin") else 90
    assert [1.5, longest] == pytest.approx([short, long])
    assert outcome.reason == Reason.TIMEOUT
    assert "timeout" not in outcome.record.unknown_keys


@pytest.mark.looptime
@pytest.mark.parametrize("target", targets(where=lacks("timeout")))
async def test_row_timeout_is_dropped_and_recorded_on_a_host_that_is_not_listed(
    target: str,
) -> None:
    """Feishu is not in the list: its own minute counts, and the record shows what was dropped."""
    elapsed, outcome = await seconds_until_end(target, timeout=1500)

    assert elapsed == pytest.approx(60)
    assert "timeout" in outcome.record.unknown_keys
    said = outcome.record.decisions.to_json({})
    assert "timeout is not an option here: dropped" in [entry["effect"] for entry in said]


def test_row_timeout_the_hosts_that_are_not_listed_are_feishu_alone() -> None:
    """The document lists every host built here but Feishu."""
    assert ["uni/tt:feishu"] == targets("uni", where=lacks("timeout"))


@pytest.mark.looptime
@pytest.mark.parametrize("target", ["uni/h5", "uni/app", "uploader/h5", "uploader/app"])
async def test_row_timeout_exists_from_hbuilderx_2_9_9_on(target: str) -> None:
    """HBuilderX 2.9.9 knows the option on H5 and App; 2.9.8 drops it and says so."""
    before, older = await seconds_until_end(f"{target}@2.9.8", timeout=1500)
    since, _ = await seconds_until_end(f"{target}@2.9.9", timeout=1500)

    assert [60, 1.5] == pytest.approx([before, since])
    assert "timeout" in older.record.unknown_keys
    said = older.record.decisions.to_json({})
    assert "timeout exists from 2.9.9 on: dropped" in [entry["effect"] for entry in said]


@pytest.mark.looptime
@pytest.mark.parametrize("target", targets())
async def test_row_timeout_is_not_met_by_an_answer_that_comes_in_time(target: str) -> None:
    """An answer after 59 of the 60 seconds is an answer."""
    allowed = {"Access-Control-Allow-Origin": "*"}
    async with Bridge(target, transport=MemoryTransport(latency=29.5, headers=allowed)) as bridge:
        in_time = await upload(bridge, EXAMPLE)
    async with Bridge(target, transport=MemoryTransport(latency=30.5, headers=allowed)) as bridge:
        late = await upload(bridge, EXAMPLE)

    assert (True, None) == (in_time.ok, in_time.reason)
    assert (False, Reason.TIMEOUT) == (late.ok, late.reason)


@pytest.mark.looptime
@pytest.mark.parametrize(
    ("target", "text"),
    [
        ("uni/h5", "uploadFile:fail timeout"),
        ("uni/app", "uploadFile:fail statusCode: 0"),
        ("uni/wx", "uploadFile:fail timeout"),
        ("uni/wx:devtools", "uploadFile:fail Error: ESOCKETTIMEDOUT"),
        ("uni/my", "uploadFile:fail 上传文件失败"),
        ("uni/tt:feishu", "uploadFile:fail timeout"),
    ],
)
async def test_row_timeout_reads_as_each_host_puts_it(target: str, text: str) -> None:
    """The timeout's text is the host's own; uni changes it on Alipay only."""
    _, outcome = await seconds_until_end(target)

    assert text == outcome.result["errMsg"]


@pytest.mark.looptime
async def test_row_timeout_of_the_uploader_can_be_configured() -> None:
    """A configured timeout is what a call gets that gives none; a call's own one wins."""
    async with Bridge("uploader/h5", transport=MemoryTransport()) as bridge:
        bridge.api.config({"timeout": 6000})
        bridge.network.stall_after(bytes=10)
        loop = asyncio.get_running_loop()
        begun = loop.time()
        await upload(bridge, EXAMPLE)
        configured = loop.time() - begun
        await upload(bridge, EXAMPLE, timeout=2000)
        given = loop.time() - begun - configured

    assert [6, 2] == pytest.approx([configured, given])


# --- formData


@pytest.mark.target(*targets())
async def test_row_form_data_arrives_as_text_fields_before_the_file(
    bridge: Bridge, upload_server: UploadServer
) -> None:
    """Each key is one plain field, in the order given, ahead of the file."""
    form = {"user": "test", "z": "后", "a": "", "n": 1.5, "whole": 3.0, "on": True, "none": None}

    await upload(bridge, upload_server.url, formData=form)

    expected = [
        ("user", "test"),
        ("z", "后"),
        ("a", ""),
        ("n", "1.5"),
        ("whole", "3"),
        ("on", "true"),
        ("none", "null"),
    ]
    assert expected == upload_server.last.fields
    assert [*form, "photo"] == [part.name for part in upload_server.last.parts]


@pytest.mark.target(*targets("uploader"))
async def test_row_form_data_and_header_of_a_call_replace_the_configured_ones(
    bridge: Bridge, upload_server: UploadServer
) -> None:
    """The configured formData and header are what a call gets that has none, never merged in."""
    bridge.api.setFormData({"from": "config"}).setHeader({"X-From": "config"})

    await upload(bridge, upload_server.url)
    await upload(bridge, upload_server.url, formData={"of": "call"}, header={"X-Of": "call"})

    configured, given = upload_server.uploads
    assert [("from", "config")] == configured.fields
    assert "config" == configured.headers["X-From"]
    assert [("of", "call")] == given.fields
    assert "call" == given.headers["X-Of"]
    assert "X-From" not in given.headers
