"""Names of targets in a case: whom they mean, and which of several is closest."""

from __future__ import annotations

import pytest

from bridge.conformance.who import Who
from bridge.target import resolve

TABLE = (
    "*",
    "wx",
    "my",
    "my:ide",
    "uni",
    "uni/my",
    "uni/my:ide",
    "uploader/my",
    "wx:device",
    "tt:feishu",
)


def who(target: str) -> Who:
    """Return what a target is called."""
    return Who.of(resolve(target))


@pytest.mark.parametrize(
    ("target", "meant"),
    [
        ("wx", {"*", "wx", "wx:device"}),
        ("wx:devtools", {"*", "wx", "wx:devtools"}),
        ("tt:feishu", {"*", "tt:feishu", "feishu", "tt"}),
        ("uni/my:ide", {"*", "my", "my:ide", "uni", "uni/*", "uni/my", "uni/my:ide"}),
        (
            "uploader/wx",
            {"*", "wx", "wx:device", "uni", "uni/*", "uni/wx", "uploader", "uploader/wx"},
        ),
    ],
)
def test_a_name_means_hosts_families_and_layers(target: str, meant: set[str]) -> None:
    """A host also counts by its family and its aliases, a layer also where another lies on it."""
    names = {"*", "wx", "wx:device", "wx:devtools", "tt:feishu", "feishu", "tt", "my", "my:ide"}
    names |= {"uni", "uni/*", "uni/wx", "uni/my", "uni/my:ide", "uploader", "uploader/wx", "mpx/*"}
    assert meant == {name for name in names if who(target).fit(name)}


@pytest.mark.parametrize(
    ("target", "closest"),
    [
        ("my", "my"),
        ("my:ide", "my:ide"),
        ("my:harmony", "my"),
        ("mpx/my:ide", "my:ide"),
        ("uni/my:ide", "uni/my:ide"),
        ("uni/my", "uni/my"),
        ("uploader/my", "uploader/my"),
        ("uploader/my:ide", "uploader/my"),
        ("uni/h5", "uni"),
        ("wx", "wx:device"),
        ("wx:devtools", "wx"),
        ("tt:douyin", "*"),
        ("tt:feishu", "tt:feishu"),
    ],
)
def test_the_closest_name_wins(target: str, closest: str) -> None:
    """The layer part counts first, the outermost layer most; then a name before a family."""
    assert closest == who(target).pick(dict.fromkeys(TABLE))
    assert closest == who(target).pick(dict.fromkeys(reversed(TABLE)))


def test_no_name_may_fit() -> None:
    """A table that does not speak of a target says nothing of it."""
    assert who("wx").pick({"my": 1, "uni": 2}) is None
    assert who("wx").pick({}) is None


@pytest.mark.parametrize(
    ("target", "among"),
    [("my", True), ("my:ide", False), ("uni/my", False), ("mpx/my", True), ("wx", False)],
)
def test_a_mark_excludes(target: str, among: bool) -> None:  # noqa: FBT001
    """A list means whom some name means and no name with a `!` does."""
    assert among == who(target).among(["my", "!my:ide", "!uni"])


def test_exclusions_alone_leave_everyone_else() -> None:
    """Without a name that includes, all are meant."""
    assert [False, True] == [who(name).among(["!my"]) for name in ("my", "wx")]
