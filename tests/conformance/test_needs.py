"""What a case needs: told by what a target is."""

from __future__ import annotations

import pytest

from bridge import BridgeError
from bridge.conformance.needs import Abilities
from bridge.target import resolve


@pytest.mark.parametrize(
    ("need", "has", "lacks"),
    [
        ("api:request", "wx", "uploader/wx"),
        ("api:uploadFile", "uploader/wx", None),
        ("picker:chooseMedia", "wx", "my"),
        ("picker:getStorage", None, "wx"),
        ("member:abort", "wx", "my:ide"),
        ("member:onHeadersReceived", "uni/h5", "tt:feishu"),
        ("member:request.abort", "wx", "uploader/wx"),
        ("works:onHeadersReceived", "wx", "uni/h5"),
        ("works:abort", "uni/app", "my:ide"),
        ("returns:promise+task", "my", "wx"),
        ("returns:request.task", "wx", "my"),
        ("option:fileType", "my", "wx"),
        ("option:domain", "uploader/wx", "uni/wx"),
        ("option:timeout", "wx@2.10.0", "wx@2.9.9"),
        ("option:chooseMedia.count", "wx", "my"),
        ("success:profile", "wx", "wx:devtools"),
        ("success:profile", "wx@3.5.0", "wx@3.4.9"),
        ("success:request.cookies", "wx", "tt:feishu"),
        ("fail:trace", "tt:feishu", "wx"),
        ("fail:request.errMsg", "wx", "my"),
        ("profile:rtt", "wx", "tt:douyin"),
        ("limit", "wx", "my"),
        ("limit:request", "tt:feishu", "my"),
        ("overflow:queue", "wx", "wx:devtools"),
        ("overflow:reject", "wx:devtools", "my"),
        ("overflow:request.queue", "tt:feishu", "my"),
        ("reason:DOMAIN_NOT_LISTED", "wx", "uni/h5"),
        ("reason:request.MISSING_FILE", None, "wx"),
        ("domains", "my", "my:ide"),
        ("scheme:http", "tt:feishu", "wx"),
        ("cookies", "my", "wx"),
        ("page", "uni/h5", "wx"),
    ],
)
def test_a_need_is_told_by_what_the_target_is(
    need: str, has: str | None, lacks: str | None
) -> None:
    """Each kind of need is met by one target and not by another."""
    assert has is None or Abilities(resolve(has)).has(need)
    assert lacks is None or not Abilities(resolve(lacks)).has(need)


def test_a_changed_profile_changes_what_is_met() -> None:
    """A reading counts, not a name."""
    assert Abilities(resolve("my", {"limit": 2})).has("limit")


def test_an_api_is_looked_for_beneath_the_targets_own_global() -> None:
    """lwu-upload's uploader has no picker, the uni that it lies on has one."""
    abilities = Abilities(resolve("uploader/wx"))
    assert abilities.where("chooseImage", below=False) is None
    assert abilities.where("chooseImage", below=True) == ("uni", "chooseImage")
    assert abilities.where("uploadFile", below=True) == ("uploader", "upload")


def test_an_unknown_kind_of_need_is_refused() -> None:
    """The nearest kind is offered."""
    with pytest.raises(BridgeError, match="unknown kind of need 'optoin'; did you mean 'option'"):
        Abilities(resolve("wx")).has("optoin:name")
