"""How a comparison is told: text that fits, Markdown that renders, data of one shape."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from bridge import compare
from bridge.comparison import Cause, wording
from bridge.look import cell_width
from bridge.target import all_names
from tests.compare.finding import PICTURE, SEED

if TYPE_CHECKING:
    from bridge import Bridge, Comparison
    from tests.compare.finding import Options


@pytest.fixture(scope="module")
def every(tmp_path_factory: pytest.TempPathFactory) -> Comparison:
    """Compare the seeds' call on every target, once for all of these tests."""
    path = tmp_path_factory.mktemp("forms") / "picture.png"
    path.write_bytes(PICTURE)
    return asyncio.run(compare({**SEED, "filePath": path}, ["all"]))


async def test_the_first_line_says_what_was_compared_and_how_much_differs(
    seed: Options, every: Comparison
) -> None:
    """Few targets by name, many by number."""
    few = await compare(seed, ["my:ide", "my", "tt:feishu"])
    count, whole = len(few.differences), few.compared
    first = few.to_text().splitlines()[0]
    assert f"uploadFile on my:ide, my, tt:feishu: {count} of {whole} things differ" == first
    assert every.to_text().startswith(f"uploadFile on {len(list(all_names()))} targets: ")


async def test_no_difference_is_said_in_one_line(seed: Options) -> None:
    """There is no table, and there are no sources."""
    del seed["fileType"]
    comparison = await compare(seed, ["wx", "mpx/wx"])
    assert "uploadFile on wx, mpx/wx: no difference\n" == comparison.to_text()
    assert "## uploadFile on wx, mpx/wx: no difference\n" == comparison.to_markdown()


async def test_a_value_stands_with_its_targets_rule_and_source(seed: Options) -> None:
    """The number behind a rule is that of a source below."""
    text = (await compare(seed, ["my:ide", "my", "tt:feishu"])).to_text()
    lines = text.splitlines()
    at = lines.index("  statusCode")
    assert ['"200"', "my:ide", "status_code:", "string", "[1]"] == lines[at + 1].split()
    assert ["200", "my", "status_code:", "number", "[2]"] == lines[at + 2].split()
    assert ["tt:feishu", "status_code:", "number", "[3]"] == lines[at + 3].split()
    sources = lines[lines.index("Sources") :]
    assert ["[1]", "documented", "dcloudio/unidocs-zh"] == sources[1].split()[:3]
    assert "number on phones; older docs and other clients: string" in text


async def test_an_inference_is_marked(seed: Options) -> None:
    """A rule that no source settles has a question mark wherever it is cited."""
    lines = (await compare(seed, ["my:ide", "my"])).to_text().splitlines()
    marked = [line.split()[0] for line in lines if " inferred " in line]
    assert marked
    for mark in marked:
        assert any(f"{mark[:-1]}?]" in line for line in lines)


async def test_siblings_that_differ_alike_are_told_as_one(seed: Options) -> None:
    """Members of a task that are missing together stand in one line."""
    text = (await compare(seed, ["my", "tt:feishu"])).to_text()
    assert "  offProgressUpdate, onHeadersReceived, offHeadersReceived\n" in text
    assert "  headers.x-request-id, x-tt-logid\n" in text


async def test_an_option_is_not_named_twice(seed: Options) -> None:
    """Under its own name its rule is just `option`; elsewhere the name is there."""
    del seed["fileType"]
    text = (await compare(seed, ["my", "wx"])).to_text()
    assert "option fileType: string, required" in text
    text = (await compare(seed | {"fileType": "image"}, ["my", "wx"])).to_text()
    assert "option: string, required" in text


async def test_parts_stand_in_the_order_in_which_things_happen(seed: Options) -> None:
    """What came back, what was returned, what was understood, what was sent."""
    lines = (await compare(seed, ["my:ide", "tt:feishu", "my"])).to_text().splitlines()
    heads = [line.split()[0] for line in lines[1:] if line and not line.startswith(" ")]
    assert [
        "success",
        "after_success",
        "progress",
        "returned",
        "task",
        "limits",
        "understood",
        "sent",
        "Sources",
    ] == heads


@pytest.mark.parametrize("width", [60, 80, 120, 200])
async def test_no_line_is_wider_than_asked_for(
    seed: Options, every: Comparison, width: int
) -> None:
    """Chinese texts, addresses and long names all keep within the width, and end without blanks."""
    refused, long = {**seed, "fileType": None}, ("my", {"forbidden_headers": {"x" * 90}})
    for comparison in (every, await compare(refused, ["my", "wx", long])):
        lines = comparison.to_text(width).splitlines()
        assert width >= max(map(cell_width, lines))
        assert [] == [line for line in lines if line != line.rstrip()]


async def test_a_wide_text_has_the_field_beside_its_values(seed: Options) -> None:
    """And the notes of a source beside its address."""
    text = (await compare(seed, ["my:ide", "my"])).to_text(200)
    row = next(line.split() for line in text.splitlines() if line.startswith("  statusCode"))
    assert ["statusCode", '"200"', "my:ide"] == row[:3]
    assert "(2022-11-28); number on phones" in text


def test_many_targets_are_named_in_short() -> None:
    """All stacks on a host are one name, and so are all hosts under a layer."""
    names = list(all_names())
    on_ide = [name for name in names if name.endswith("my:ide")]
    assert ["*/my:ide"] == wording.brief(on_ide, names)
    under_uni = [name for name in names if name.startswith("uni/")]
    assert ["uni/*"] == wording.brief(under_uni, names)
    assert ["uni/*", "wx"] == wording.brief([*under_uni, "wx"], names)
    assert ["*/h5", "my"] == wording.brief(["uni/h5", "my", "uploader/h5"], names)
    assert ["uni/my:ide", "my:ide"] == wording.brief(["uni/my:ide", "my:ide"], names)
    assert ["wx", "mpx/wx"] == wording.brief(["wx", "mpx/wx"], ["wx", "mpx/wx", "my"])


async def test_the_short_names_are_explained_where_they_are_used(
    seed: Options, every: Comparison
) -> None:
    """Among few targets there are none."""
    legend = "*/wx is wx alone and under each layer compared"
    assert legend in every.to_text()
    assert legend not in (await compare(seed, ["wx", "my", "my:ide", "tt", "uni/h5"])).to_text()


@pytest.mark.parametrize(
    ("says", "value", "told"),
    [
        ("task", "task", "rule"),
        ("文件不存在 (11)", "文件不存在", "rule"),
        ("a long text that was cut...", "a long text that was cut short", "rule"),
        ("string", "200", "rule: string"),
        ("promise+task", "promise", "rule: promise+task"),
        ("...", "anything", "rule"),
        ("none", "", "rule: none"),
        ("number", 200, "rule: number"),
    ],
)
def test_a_rule_that_repeats_its_value_is_only_named(says: str, value: object, told: str) -> None:
    """What it says is left out, and nothing else is."""
    assert told == wording.Sources().because([Cause("rule", says, None)], value, ())


async def test_targets_without_a_difference_are_told_together(seed: Options) -> None:
    """So that a reader knows which rows speak for more than one."""
    text = (await compare(seed, ["wx", "mpx/wx", "my"])).to_text()
    assert "Alike in everything: wx = mpx/wx\n" in text


async def test_a_long_value_is_cut(seed: Options) -> None:
    """A text of thousands of characters would hide everything else."""

    def long(bridge: Bridge) -> Options:
        return {"formData": {"user": bridge.target * 1000}}

    text = (await compare(seed, ["wx", "my"], setup=long)).to_text()
    assert "mymymy" in text
    assert max(len(block) for block in text.split("\n\n")) < 4000


async def test_control_characters_are_spelled_out(seed: Options) -> None:
    """Neither a server nor a program can move the cursor, or break a Markdown table."""

    def nasty(bridge: Bridge) -> Options:
        return {"formData": {"user": f"\x1b[2J|`{bridge.target}`\n"}}

    comparison = await compare(seed, ["wx", "my"], setup=nasty)
    assert "\x1b" not in comparison.to_text()
    rows = [row for row in comparison.to_markdown().splitlines() if "u001b" in row]
    assert 4 == len(rows)
    for row in rows:
        assert 5 == row.replace("\\|", "").count("|")


async def test_markdown_is_a_table_and_a_list_of_its_sources(seed: Options) -> None:
    """A row for each value, the field in the first of them; as many sources as numbers."""
    lines = (await compare(seed, ["my:ide", "my"])).to_markdown().splitlines()
    assert lines[0].startswith("## uploadFile on my:ide, my: ")
    assert ["| Where | Value | On | Because |", "| --- | --- | --- | --- |"] == lines[2:4]
    assert lines[4].startswith('| `success.statusCode` | `"200"` | my:ide | status\\_code: string')
    assert lines[5].startswith("|  | `200` | my | status\\_code: number")
    listed = [line.partition(".")[0] for line in lines if line[:1].isdigit()]
    assert [str(number) for number in range(1, len(listed) + 1)] == listed
    assert f"[{len(listed)}" in "\n".join(lines)


async def test_data_has_one_shape(seed: Options) -> None:
    """The keys are these, at every depth, and the kinds of their values."""
    document: Any = (await compare(seed, ["my:ide", "my", "tt:feishu"])).to_json()
    assert ["v", "call", "targets", "groups", "compared", "differences", "notes"] == list(document)
    assert (1, ["my:ide", "my", "tt:feishu"]) == (document["v"], document["targets"])
    for difference in document["differences"]:
        assert ["field", "explained", "variants"] == list(difference)
        for variant in difference["variants"]:
            assert ["present", "value", "targets", "because"] == list(variant)
            assert variant["present"] or variant["value"] is None
            for cause in variant["because"]:
                assert ["rule", "says", "targets", "chosen", "source"] == list(cause)
                assert ["status", "address", "date", "note"] == list(cause["source"])
                assert set(cause["targets"]) <= set(variant["targets"])


def test_every_target_is_in_one_variant_of_a_place_that_all_have(every: Comparison) -> None:
    """Values part the targets; no target has two."""
    for difference in every.differences:
        names = [name for variant in difference.variants for name in variant.targets]
        assert len(set(names)) == len(names)
        assert len(difference.variants) > 1
