"""The schemas against a third witness: the typings that the vendors publish on npm."""

from __future__ import annotations

import tomllib
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

import schemas
from bridge import registry
from tests.witness.members import Difference, differences, of_names, of_schema
from tests.witness.typings import HERE, WITHOUT, WITNESSES, Told

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.timeout(180)

HOSTS = [witness.schemas for witness in WITNESSES]
ASPECTS = {"name", "required", "type", "values"}

each_host = pytest.mark.parametrize("host", HOSTS)


@dataclass(frozen=True, slots=True)
class Known:
    """Differences that are known and stay, for one reason."""

    schemas: tuple[str, ...]
    fields: tuple[str, ...]
    aspect: str
    ours: str
    theirs: str
    reason: str
    source: str = ""

    def __iter__(self) -> Iterator[Difference]:
        """Yield each difference."""
        for schema in self.schemas:
            for field in self.fields:
                yield Difference(schema, self.aspect, self.ours, self.theirs, field)


_TEXT = (HERE / "known_differences.toml").read_text(encoding="utf-8")
KNOWN = [Known(**entry) for entry in tomllib.loads(_TEXT)["difference"]]


def known(host: str) -> set[Difference]:
    """Return the known differences of one folder of schemas."""
    return {one for entry in KNOWN for one in entry if one.schema.startswith(f"{host}:")}


def found(host: str, told: Told) -> set[Difference]:
    """Return every difference between one folder of schemas, its pickers' results, and typings."""
    return {*_of_schemas(host, told), *_of_pickers(host, told)}


def _of_schemas(host: str, told: Told) -> Iterator[Difference]:
    for name in schemas.names(host):
        api, _, part = name.partition(".")
        theirs = (told[api] or {}).get(part or "options")
        if theirs is None:
            yield Difference(f"{host}:{name}", "name", "present", "absent", "")
        else:
            yield from differences(f"{host}:{name}", of_schema(schemas.load(host, name)), theirs)


def _of_pickers(host: str, told: Told) -> Iterator[Difference]:
    """Compare what pickers hand over by name alone: the profiles say no more of it."""
    profiles = [profile for profile in registry.profiles() if profile.schema == host]
    for api, picker in (pair for profile in profiles for pair in profile.pickers.items()):
        ours = of_names(picker.result, {"tempFiles": picker.item})
        theirs = (told[api] or {}).get("success") or {}
        every = differences(f"{host}:{api}.success", ours, theirs)
        yield from (one for one in every if one.aspect == "name")


@each_host
def test_no_difference_is_new(host: str, told: dict[str, Told]) -> None:
    """What the typings and our schemas say differently has an entry with its reason."""
    assert [] == sorted(found(host, told[host]) - known(host))


@each_host
def test_no_known_difference_has_gone(host: str, told: dict[str, Told]) -> None:
    """An entry whose difference no longer exists is taken out of the list."""
    assert [] == sorted(known(host) - found(host, told[host]))


def test_every_folder_of_schemas_has_its_typings_or_a_reason() -> None:
    """A new host needs a row in the table."""
    assert sorted(schemas.hosts()) == sorted([*HOSTS, *WITHOUT])
    assert all(reason.endswith(".") for reason in WITHOUT.values())


def test_every_known_difference_is_listed_once_and_has_its_reason() -> None:
    """Entries do not overlap, name a witnessed host, and say in a sentence why."""
    every = Counter(one for entry in KNOWN for one in entry)
    assert [] == [one for one, times in every.items() if times > 1]
    assert set(HOSTS) >= {one.schema.partition(":")[0] for one in every}
    assert ASPECTS >= {entry.aspect for entry in KNOWN}
    assert [] == [entry for entry in KNOWN if not entry.reason.endswith(".")]


@pytest.mark.parametrize(
    ("change", "aspect", "field"),
    [
        ({"required": ["url"]}, "required", "filePath"),
        ({"properties": {"timeout": {"type": "string"}}}, "type", "timeout"),
        ({"properties": {"timeOut": {"type": "number"}}}, "name", "timeOut"),
    ],
)
def test_a_slip_in_a_schema_is_found(
    change: dict[str, object], aspect: str, field: str, told: dict[str, Told]
) -> None:
    """A wrong name, necessity or type shows up beside what is known."""
    theirs = (told["wx"]["uploadFile"] or {})["options"]
    assert theirs
    slipped = of_schema({**schemas.load("wx", "uploadFile"), **change})
    fresh = {*differences("wx:uploadFile", slipped, theirs)} - known("wx")
    assert (aspect, field) in {(one.aspect, one.field) for one in fresh}
