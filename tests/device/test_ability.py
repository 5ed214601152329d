"""`canIUse` answers from the same description that the globals are made of."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bridge import Bridge

if TYPE_CHECKING:
    from tests.device.conftest import Asking


async def test_every_function_of_the_host_can_be_used(asking: Asking) -> None:
    """The host's own global and the answer never disagree."""
    namespace = asking.bridge.profile.namespace
    host = asking.bridge.globals[namespace]
    for name in asking.bridge.description[namespace]:
        assert host.canIUse(name) is True, name


@pytest.mark.parametrize(
    ("target", "schema", "expected"),
    [
        ("wx", "uploadFile.return.onHeadersReceived", True),
        ("wx@2.0.9", "uploadFile.return.onHeadersReceived", False),
        ("my", "uploadFile.return.onHeadersReceived", True),
        ("my@10.2.80", "uploadFile.return.onHeadersReceived", False),
        ("my:ide", "uploadFile.return.onHeadersReceived", False),
        ("tt:feishu", "uploadFile.return.onHeadersReceived", False),
        ("wx", "uploadFile.object.enableProfile", True),
        ("wx@3.4.9", "uploadFile.object.enableProfile", False),
        ("wx", "uploadFile.object.success", True),
        ("wx", "uploadFile.object.method", False),
        ("wx", "uploadFile.success.statusCode", True),
        ("wx", "uploadFile.success.nothing", False),
        ("wx", "uploadFile.nothing.statusCode", False),
        ("wx", "uploadFile.callback.progress", False),
        ("wx", "UploadTask.abort", True),
        ("wx", "UploadTask.pause", False),
        ("wx", "FileSystemManager.readFileSync", True),
        ("wx", "FileSystemManager.mkdir", False),
        ("uni/wx", "FileSystemManager.stat", True),
        ("wx", "getSystemInfo.success.screenWidth", True),
        ("wx", "getSystemInfo.return.screenWidth", False),
        ("wx", "getSystemInfoSync.return.fontSizeSetting", True),
        ("wx", "showToast.object.image", True),
        ("wx", "showToast.object.fail", True),
        ("wx", "getStorageSync.object.fail", False),
        ("wx", "onNetworkStatusChange.callback.isConnected", True),
        ("wx", "onNetworkStatusChange.success.isConnected", False),
        ("wx", "getSystemInfoSync.success.screenWidth", False),
        ("wx", ".abort", False),
        ("wx", "chooseImage.success.tempFilePaths", True),
        ("wx", "chooseImage.object.count", True),
        ("wx@2.4", "chooseMessageFile", False),
        ("wx@1.9", "getFileSystemManager", False),
        ("wx", "env.USER_DATA_PATH", True),
        ("wx", "env.HOME", False),
        ("my", "isIDE.anything", False),
        ("wx", "RequestTask.abort", True),
        ("wx", "request.success.statusCode", True),
        ("my", "request.callback.status", True),
        ("my", "request.callback.statusCode", False),
        ("my", "request.success.status", False),
        ("my", "uploadFile.callback.statusCode", True),
        ("my", "uploadFile.callback.status", False),
        ("my", "getSystemInfo.callback.brand", True),
        ("wx", "getSystemInfo.callback.brand", False),
        ("wx", "request.object.dataType", True),
        ("wx", "uploadFile.return", False),
        ("wx", "button.open-type.contact", False),
        ("wx", "getSystemInfoSync.return.safeArea.left", True),
        ("wx", "getSystemInfoSync.return.safeArea.middle", False),
        ("wx", "getSystemInfoSync.return.brand.left", False),
        ("wx", "getSystemInfoSync.return.nothing.left", False),
        ("wx", "showToast.object.title.any", False),
        ("wx", "request.object.method.GET", True),
        ("wx", "request.object.method.WALK", False),
        ("wx", "request.object.dataType.GET", False),
        ("wx", "chooseImage.object.sizeType.original", True),
        ("my", "uploadFile.object.fileType.video", True),
        ("wx", "uploadFile.object.url.any", False),
        ("wx", "uploadFile.object.success.any", False),
        ("wx", "uploadFile.success.profile.rtt", True),
        ("wx", "uploadFile.success.profile.speed", False),
        ("wx", "uploadFile.success.data.rtt", False),
        ("wx", "env.USER_DATA_PATH.a", False),
        ("my", "getOpenUserInfo", False),
        ("uni/h5", "whatever.at.all", True),
        ("uni/app", "uploadFile", True),
        ("uni/app", "uploadFile.object.url", False),
        ("uni/app", "addInterceptor", True),
    ],
)
async def test_a_question_is_answered(target: str, schema: str, *, expected: bool) -> None:
    """By functions, members, options and results; an App knows names alone, H5 says yes to all."""
    async with Bridge(target) as bridge:
        assert expected is bridge.api.canIUse(schema)
