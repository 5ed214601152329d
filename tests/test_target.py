"""The target grammar: addresses, versions, overrides, and what a mistake is told."""

from __future__ import annotations

import math
import re
from dataclasses import fields, replace
from typing import TYPE_CHECKING

import pytest

from bridge import registry
from bridge.errors import BridgeError
from bridge.target import all_names, from_text, resolve

if TYPE_CHECKING:
    from bridge.target import Target

TARGETS = tuple(all_names())
# What makes a host that host, and where its facts come from.
FIXED = ("aliases", "layers_only", "name", "namespace", "schema", "sources", "title")


@pytest.mark.parametrize(
    ("expected", "text"),
    [
        ("wx", "wx"),
        ("wx", "wx:device"),
        ("my", "my:device"),
        ("tt:feishu", "tt"),
        ("tt:feishu@4.6", "tt@4.6"),
        ("uni/h5", "uni"),
        ("mpx/wx", "mpx"),
        ("uploader/h5", "uploader"),
        ("uni/my:ide@10.2.90", "uni/my:ide@10.2.90"),
        ("mpx/wx@2.0", "mpx@2.0"),
    ],
)
def test_an_address_has_one_canonical_spelling(expected: str, text: str) -> None:
    """Aliases and bare layers resolve to the full address."""
    assert expected == resolve(text).name


def test_every_target_resolves_to_itself() -> None:
    """What is listed is what is accepted: hosts, and layers over those they run over."""
    assert list(TARGETS) == [resolve(name).name for name in TARGETS]
    assert len(TARGETS) == len(set(TARGETS))
    assert {"wx", "mpx/my:ide", "uni/app", "uploader/tt:douyin"} <= set(TARGETS)
    assert not {"h5", "app", "mpx/h5", "mpx/app"} & set(TARGETS)


def test_layers_are_stacked_outermost_first() -> None:
    """`uploader` calls `uni`, which calls the host."""
    assert ["uploader", "uni"] == [layer.name for layer in resolve("uploader/wx").layers]
    assert () == resolve("wx").layers


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("wexin", "unknown platform 'wexin'"),
        ("tt:feishuu", "did you mean 'tt:feishu'?"),
        ("wx@new", "bad version in target 'wx@new': 'new' is not numbers and dots"),
        ("wx@", "bad version"),
        ("wx@1.", "bad version"),
        ("wx/my", "it must be LAYER/PROFILE[@VERSION] or PROFILE[@VERSION]"),
        ("uni/mpx", "it must be LAYER/PROFILE"),
        ("uni/mpx/wx", "unknown platform 'uni/mpx'"),
        ("h5", "no mini-program calls 'h5' directly; name a layer: uni/h5, uploader/h5"),
        ("mpx/h5", "mpx does not run over h5; it runs as: mpx/my, mpx/my:harmony, mpx/my:ide"),
        ("", "unknown platform ''"),
    ],
)
def test_a_bad_target_is_told_what_exists(text: str, said: str) -> None:
    """One sentence says what is wrong and what there is."""
    with pytest.raises(BridgeError, match=re.escape(said)):
        resolve(text)


def test_a_version_hides_what_came_later() -> None:
    """`since` counts from its version on, compared by numbers."""
    assert not resolve("wx@3.4.9").has("success.profile")
    assert resolve("wx@3.5.0").has("success.profile")
    assert resolve("wx@3.10").has("success.profile")
    assert resolve("wx@3.5").has("success.profile")
    assert resolve("wx").has("success.profile")
    assert resolve("wx@1.0").has("success.data")


def test_a_version_hides_what_is_gone() -> None:
    """`until` counts up to its version; without one the newest is meant."""
    assert resolve("tt@4.6").has("fail.data")
    assert not resolve("tt@4.7.0").has("fail.data")
    assert not resolve("tt").has("fail.data")


def test_an_old_version_behaves_as_it_did() -> None:
    """`older` replaces fields below its version only."""
    assert 30_000 == resolve("my@10.2.79").profile.fixed_timeout
    assert 60_000 == resolve("my@10.2.80").profile.fixed_timeout
    assert ("reject", "queue") == (
        resolve("wx@3.8.9").profile.overflow,
        resolve("wx@3.8.10").profile.overflow,
    )


def test_an_old_version_treats_requests_as_it_did() -> None:
    """Under `request`, `older` replaces a request's fields, and only the named ones."""
    old, new = (resolve(f"wx@{version}").profile.request for version in ("1.3.9", "1.4.0"))
    assert old is not None
    assert new is not None
    assert ("reject", "queue") == (old.overflow, new.overflow)
    assert replace(old, overflow="queue") == new


def test_an_old_version_has_pickers_as_they_were() -> None:
    """Under `pickers`, `older` replaces fields of the named picker, and no other."""
    old, new = (resolve(f"wx@{version}").profile.pickers for version in ("2.24.9", "2.25.0"))
    assert (9, 20) == (old["chooseMedia"].max_count, new["chooseMedia"].max_count)
    assert replace(old["chooseMedia"], max_count=20) == new["chooseMedia"]
    assert old["chooseMessageFile"] == new["chooseMessageFile"]


@pytest.mark.parametrize(
    ("pickers", "said"),
    [
        ({"chooseMedium": {"max_count": 1}}, "unknown picker 'chooseMedium'"),
        ({"chooseMedia": {"max": 1}}, "unknown picker field 'max'"),
    ],
)
def test_a_picker_that_is_not_there_is_the_authors_mistake(pickers: object, said: str) -> None:
    """Neither a new picker nor a new field comes about by overriding one."""
    with pytest.raises(BridgeError, match=said):
        resolve("wx", {"pickers": pickers})


def test_a_picker_can_be_overridden_field_by_field_or_as_a_whole() -> None:
    """Where fields are named the other pickers stay; whole ones are all that there are."""
    usual = resolve("wx").profile.pickers
    whole = {"chooseImage": usual["chooseMedia"]}
    mixed = {**whole, "chooseMedia": {"max_count": 2}}
    assert whole == resolve("wx", {"pickers": whole}).profile.pickers
    changed = replace(usual["chooseMedia"], max_count=2)
    assert {**usual, **whole, "chooseMedia": changed} == (
        resolve("wx", {"pickers": mixed}).profile.pickers
    )


def test_of_two_older_behaviours_the_one_of_its_time_holds(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A field that changed twice has three values, in whichever order they are written."""
    older = {"2.0": {"fixed_timeout": 1000}, "10.0": {"fixed_timeout": 2000}}
    changed = replace(resolve("my").profile, older=older)
    monkeypatch.setattr(registry, "load", lambda _: changed)
    found = [resolve(f"twice@{at}").profile.fixed_timeout for at in ("1.9", "9.9", "10.0")]
    assert [1000, 2000, changed.fixed_timeout] == found


def test_an_override_wins_over_an_older_behaviour() -> None:
    """What a test says itself is what counts."""
    assert "queue" == resolve("wx@3.0", {"overflow": "queue"}).profile.overflow


def test_an_override_replaces_one_field_only() -> None:
    """Everything else stays the host's."""
    before, after = resolve("my").profile, resolve("my", {"file_type": "ignored"}).profile
    changed = [f.name for f in fields(after) if getattr(before, f.name) != getattr(after, f.name)]
    assert ["file_type"] == changed


def test_a_layers_reading_is_overridden_in_the_layer() -> None:
    """`domain` and `use_promise` are the layers' own."""
    assert "ignore" == resolve("uploader", {"domain": "ignore"}).layers[0].domain
    assert "on" == resolve("mpx", {"use_promise": "on"}).layers[0].use_promise


@pytest.mark.parametrize(
    ("target", "overrides", "said"),
    [
        ("my", {"filetype": "ignored"}, "unknown profile field 'filetype'; did you mean"),
        ("my", {"file_type": "optional"}, "file_type is required or checked or ignored"),
        ("wx", {"limit": "5"}, "limit='5' is not possible; limit is int | None"),
        ("wx", {"limit": True}, "limit=True is not possible"),
        ("wx", {"background_seconds": "5"}, "background_seconds is float | None"),
        ("wx", {"background_seconds": -1}, "background_seconds=-1 is not possible"),
        ("wx", {"background_seconds": math.inf}, "background_seconds=inf is not possible"),
        ("wx", {"check_cors": 1}, "check_cors=1 is not possible; check_cors is bool"),
        ("wx", {"blank_name": "no name"}, "blank_name is Text | None"),
        *(("wx", {key: "other"}, f"unknown profile field '{key}'") for key in FIXED),
        ("wx", {"device": 1}, "device is Device | None"),
        ("wx", {"domain": "ignore"}, "unknown profile field 'domain'"),
        ("uni/wx", {"use_promise": "on"}, "unknown profile field 'use_promise'"),
        ("mpx", {"use_promise": "sometimes"}, "use_promise is off or on"),
        ("wx", {"overflow": None}, "overflow=None is not possible"),
    ],
)
def test_a_bad_override_is_told_what_is_possible(
    target: str, overrides: dict[str, object], said: str
) -> None:
    """An unknown field names the nearest, a wrong value the right ones."""
    with pytest.raises(BridgeError, match=re.escape(said)):
        resolve(target, overrides)


def test_what_can_be_overridden_is_told_with_the_layers_readings() -> None:
    """Only those that the layers above have, and nothing that makes a host that host."""
    for target, above in (("wx", set()), ("mpx", {"use_promise"}), ("uploader", {"domain"})):
        with pytest.raises(BridgeError) as caught:
            resolve(target, {"": 1})
        told = set(str(caught.value).partition("known: ")[2].rstrip(")").split(", "))
        assert {"limit", "request"} < told
        assert above == told & {"use_promise", "domain", "title", "name", "below"}


def test_a_layer_runs_over_the_hosts_it_names(monkeypatch: pytest.MonkeyPatch) -> None:
    """And over none that is reached through layers only, unless it names no host."""
    known = {name: registry.load(name) for name in ("wx", "my", "h5")}
    mpx = resolve("mpx").layers[0]
    known["thin"] = replace(mpx, name="thin", over=("wx", "uni"))
    known["thick"] = replace(mpx, name="thick", over=None)
    monkeypatch.setattr(registry, "load", known.__getitem__)
    assert "thin/wx" == resolve("thin/wx").name
    assert "thick/h5" == resolve("thick/h5").name
    for refused in ("my", "h5"):
        with pytest.raises(BridgeError, match=f"thin does not run over {refused}; it runs as"):
            resolve(f"thin/{refused}")


def test_none_is_a_value_where_the_field_allows_it() -> None:
    """`limit=None` means no limit; a fraction is a number, and any set will do."""
    assert resolve("wx", {"limit": None}).profile.limit is None
    assert resolve("wx", {"background_seconds": 1.5}).profile.background_seconds == 1.5
    assert {"https"} == resolve("wx", {"schemes": {"https"}}).profile.schemes
    assert resolve("my", {"file_type": None}).profile.file_type is None


@pytest.mark.parametrize(
    ("expected", "key", "text"),
    [
        (5, "limit", "5"),
        (None, "limit", "none"),
        (True, "check_cors", "true"),
        (False, "check_cors", "False"),
        ("ignored", "file_type", "ignored"),
        ("5", "overflow", "5"),
        ("https://a", "page_origin", "https://a"),
        ("ignore", "domain", "ignore"),
    ],
)
def test_text_becomes_what_the_field_holds(expected: object, key: str, text: str) -> None:
    """`--set FIELD=VALUE` gives words, numbers and flags."""
    assert expected == from_text(key, text, resolve("uploader/my"))


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("members", "x"),
        ("success", ["data"]),
        ("schemes", "https"),
        ("limit", -1),
        ("limit", 0),
        ("check_cors", 1),
    ],
)
def test_an_override_of_another_kind_is_refused(field: str, value: object) -> None:
    """A field keeps its kind, and a queue needs at least one slot."""
    with pytest.raises(BridgeError, match=field):
        resolve("wx", {field: value})


@pytest.mark.parametrize(
    ("field", "text", "value"),
    [
        ("limit", "5", 5),
        ("limit", "none", None),
        ("check_cors", "True", True),
        ("user_agent", "5", "5"),
        ("user_agent", "none", None),
        ("user_agent", "true", "true"),
        ("limit", "None", None),
        ("limit", "5x", "5x"),
        ("check_cors", "maybe", "maybe"),
        ("overflow", "reject", "reject"),
        ("overflow", "none", "none"),
        ("no_such_field", "5", "5"),
    ],
)
def test_a_value_in_text_becomes_what_its_field_holds(field: str, text: str, value: object) -> None:
    """Only a number field reads digits as a number, only a flag reads `true` as one."""
    assert value == from_text(field, text, resolve("wx"))


def test_bridges_on_one_address_share_what_was_made_of_it() -> None:
    """Overrides make a target of their own."""
    made: list[str] = []

    def make(target: Target) -> str:
        made.append(target.name)
        return target.name.upper()

    for _ in range(2):
        assert "UNI/MY" == resolve("uni/my").once(make)
    assert ["uni/my"] == made
    other = resolve("uni/my", {"limit": 3})
    assert "UNI/MY" == other.once(make)
    assert ["uni/my", "uni/my"] == made
    assert (3, 10) == (other.profile.limit, resolve("wx").profile.limit)
