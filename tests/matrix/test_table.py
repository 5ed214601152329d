"""The matrix: which platforms share a column, which entries a table, and what a cell tells."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from bridge.matrix import Matrix, matrix_of
from bridge.matrix.subjects import place
from bridge.profile import Layer, Profile
from platforms import alipay, wechat

if TYPE_CHECKING:
    from bridge.matrix.table import Cell, Row

TOLD_BY_THEIR_NAMES = {
    *("failures", "request-failures", "device-failures"),
    *("device-info", "device-apis", "files"),
}


def names(matrix: Matrix) -> list[list[str]]:
    """Return the names in each column, its head first."""
    return [[platform.name for platform in column.platforms] for column in matrix.columns]


def row_of(matrix: Matrix, entry: str) -> Row:
    """Return the row of an entry."""
    [row] = [row for table in matrix.tables for row in table.rows if row.entry == entry]
    return row


def cell_of(matrix: Matrix, entry: str, head: str) -> Cell:
    """Return what the column of one platform says of an entry."""
    [table] = [table for table in matrix.tables if entry in {row.entry for row in table.rows}]
    place = [column.head.name for column in table.columns].index(head)
    return row_of(matrix, entry).cells[place]


def test_variants_stand_in_the_column_of_their_host(matrix: Matrix) -> None:
    """Profiles of one global with one folder of schemas are a family; a layer stands alone."""
    assert [
        ["app"],
        ["h5"],
        ["mpx"],
        ["my", "my:harmony", "my:ide"],
        ["tt:douyin"],
        ["tt:feishu"],
        ["uni"],
        ["uploader"],
        ["wx", "wx:devtools"],
    ] == names(matrix)


def test_columns_keep_the_order_asked_for() -> None:
    """The first named family comes first; a platform named twice counts once."""
    asked = [wechat.PHONE, alipay.IDE, wechat.DEVTOOLS, wechat.PHONE]
    assert [["wx", "wx:devtools"], ["my:ide"]] == names(matrix_of(asked))


def test_a_variant_of_a_third_party_joins_the_host_it_varies() -> None:
    """The host itself heads its family, wherever it stands."""
    acme = replace(wechat.PHONE, name="acme", limit=3)
    both = matrix_of([acme, wechat.PHONE])
    assert [["wx", "acme"]] == names(both)
    assert [("wx", 10), ("acme", 3)] == [
        (fact.host, fact.value) for fact in cell_of(both, "limit", "wx").facts
    ]


@pytest.mark.parametrize(
    ("entry", "head", "hosts"),
    [
        ("limit", "my", ["my"]),
        ("status_code", "my", ["my", "my:harmony", "my:ide"]),
        ("domain_check", "my", ["my", "my:ide"]),
        ("overflow", "wx", ["wx", "wx:devtools"]),
        ("uploadFile.option.fileType", "wx", []),
    ],
)
def test_a_cell_tells_of_a_variant_only_what_differs(
    matrix: Matrix, entry: str, head: str, hosts: list[str]
) -> None:
    """The host comes first, then the variants with another value or version."""
    assert hosts == [fact.host for fact in cell_of(matrix, entry, head).facts]


def test_another_version_is_a_difference() -> None:
    """A variant that has the same since another version is told."""
    device = wechat.PHONE.device
    assert device is not None
    late = replace(device.apis["getDeviceInfo"], since="9.0")
    acme = replace(
        wechat.PHONE,
        name="acme",
        device=replace(device, apis={**device.apis, "getDeviceInfo": late}),
    )
    both = matrix_of([wechat.PHONE, acme])
    assert ["2.20.1", "9.0"] == [
        fact.since for fact in cell_of(both, "device.getDeviceInfo", "wx").facts
    ]


def test_a_variant_may_lack_an_entry_or_have_one_alone() -> None:
    """What the host has and a variant has not is said, and the other way round."""
    bare = replace(wechat.PHONE, name="bare", request=None)
    cell = cell_of(matrix_of([wechat.PHONE, bare]), "request.limit", "wx")
    assert (["wx"], ("bare",)) == ([fact.host for fact in cell.facts], cell.without)
    full = replace(wechat.PHONE, name="full")
    cell = cell_of(matrix_of([replace(wechat.PHONE, request=None), full]), "request.limit", "wx")
    assert (["full"], ()) == ([fact.host for fact in cell.facts], cell.without)


def test_every_fact_is_told(matrix: Matrix) -> None:
    """Each entry has one row, and what stands in no cell is as the host of its column says."""
    rows = [row.entry for table in matrix.tables for row in table.rows]
    assert sorted(matrix.facts) == sorted(rows)
    for entry, said in matrix.facts.items():
        for column in matrix.columns:
            head = said.get(column.head.name)
            told = {fact.host for cell in row_of(matrix, entry).cells for fact in cell.facts}
            untold = [v.name for v in column.variants if v.name in said and v.name not in told]
            assert head is None or column.head.name in told
            assert [] == [
                name
                for name in untold
                if head is None or (head.value, head.since) != (said[name].value, said[name].since)
            ]


def test_no_entry_of_ours_is_left_to_the_rest(matrix: Matrix) -> None:
    """Each entry belongs to a subject with a title of its own."""
    assert "others" not in {table.subject.key for table in matrix.tables}


@pytest.mark.parametrize(
    ("entry", "key", "name"),
    [
        ("limit", "schedule", "limit"),
        ("success", "shape", "success"),
        ("uploadFile.success.data", "success", "data"),
        ("texts.TIMEOUT", "failures", "TIMEOUT"),
        ("request.texts.TIMEOUT", "request-failures", "TIMEOUT"),
        ("request.limit", "request", "limit"),
        ("request.option.url", "request-options", "url"),
        ("chooseImage.option.count", "picking", "chooseImage.option.count"),
        ("pickers.chooseImage", "files", "pickers.chooseImage"),
        ("device.network", "device", "network"),
        ("device.info.brand", "device-info", "brand"),
        ("device.getNetworkType", "device-apis", "getNetworkType"),
        ("device.getStorage.texts.missing", "device-failures", "getStorage.texts.missing"),
        ("layer.rename", "layers", "rename"),
    ],
)
def test_an_entry_stands_under_its_subject(matrix: Matrix, entry: str, key: str, name: str) -> None:
    """A row is named by what its address does not share with the others of the table."""
    [(table, row)] = [(t, row) for t in matrix.tables for row in t.rows if row.entry == entry]
    assert (key, name) == (table.subject.key, row.name)


def test_what_belongs_to_no_subject_is_told_last() -> None:
    """A host with no info still tells that, and unknown entries have a place."""
    device = wechat.PHONE.device
    assert device is not None
    silent = matrix_of([replace(wechat.PHONE, device=replace(device, info={}))])
    assert "info" == row_of(silent, "device.info").name
    subject, name = place("weather")
    assert ("Everything else", "weather") == (subject.title, name)


def test_a_table_has_only_columns_with_something_in_them(matrix: Matrix) -> None:
    """Layers are compared with layers, hosts with hosts."""
    for table in matrix.tables:
        kind = Layer if table.subject.key == "layers" else Profile
        assert all(isinstance(column.head, kind) for column in table.columns)


def test_a_row_is_alike_when_every_platform_says_the_same(matrix: Matrix) -> None:
    """A dash, another value or a variant's own make a difference; another source makes none."""
    assert row_of(matrix, "device.apis").alike is False
    assert row_of(matrix, "uploadFile.progress.progress").alike is True
    assert row_of(matrix, "uploadFile.option.fileType").alike is False
    bare = replace(wechat.PHONE, name="bare", request=None)
    assert row_of(matrix_of([wechat.PHONE, bare]), "request.limit").alike is False


def test_every_field_says_what_it_means(matrix: Matrix) -> None:
    """The words are those of the records, and of the schemas for options and results."""
    silent = [
        row.entry
        for table in matrix.tables
        if table.subject.key not in TOLD_BY_THEIR_NAMES
        for row in table.rows
        if not row.meaning
    ]
    assert [] == silent


@pytest.mark.parametrize(
    ("entry", "meaning"),
    [
        ("limit", "Uploads running at once; None for no limit."),
        ("request.methods", "The methods the host knows, in capitals."),
        ("request.limit", "Uploads running at once; None for no limit."),
        ("device.version_key", "The key of `info` that a target's `@VERSION` replaces."),
        ("layer.rename", "Host namespace -> option -> the name the host gets."),
        ("uploadFile.option.url", "Address of the receiving server."),
        ("texts.TIMEOUT", ""),
    ],
)
def test_a_meaning_is_one_sentence(matrix: Matrix, entry: str, meaning: str) -> None:
    """What several lines tell is told in one; a longer explanation is left out."""
    assert meaning == row_of(matrix, entry).meaning
