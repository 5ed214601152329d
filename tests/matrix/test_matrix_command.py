"""`minibridge matrix`: its formats, its choice of platforms, and the page it has written."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

import schemas
from bridge import registry
from bridge.cli import main
from bridge.facts import facts
from bridge.matrix import matrix_of
from bridge.matrix.data import data
from bridge.matrix.markdown import markdown
from bridge.matrix.page import page

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "matrix.md"
COMMAND = "minibridge matrix --format md -o docs/matrix.md"
LARGEST = 300_000

Json = dict[str, Any]


@pytest.fixture(scope="module")
def everything() -> Json:
    """Lay out every platform as data."""
    return data(matrix_of(registry.everything()))


def printed(capsys: pytest.CaptureFixture[str], *flags: str) -> str:
    """Return what the command prints."""
    assert 0 == main(["matrix", *flags])
    return capsys.readouterr().out


def errors(value: object) -> list[str]:
    """Return what the published schema has against a value."""
    found = Draft202012Validator(schemas.shared("matrix")).iter_errors(value)
    return [error.message for error in found]


def test_the_document_is_what_the_command_writes() -> None:
    """`docs/matrix.md` follows every change of a fact, and stays of a size to be read online."""
    fresh = markdown(matrix_of(registry.everything()))
    if not DOCUMENT.exists() or fresh != DOCUMENT.read_text(encoding="utf-8"):
        pytest.fail(f"docs/matrix.md is stale; write it anew with `{COMMAND}`")
    assert len(fresh.encode()) < LARGEST


def test_the_command_of_the_document_writes_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The command that a stale document names leaves a fresh one, and prints nothing."""
    monkeypatch.chdir(tmp_path)
    Path("docs").mkdir()
    assert "" == printed(capsys, *COMMAND.split()[2:])
    fresh = markdown(matrix_of(registry.everything()))
    assert fresh == Path("docs/matrix.md").read_text(encoding="utf-8")


def test_the_data_obeys_the_published_schema(everything: Json) -> None:
    """What is printed as JSON is what `schemas/matrix.json` describes."""
    assert [] == errors(everything)


@pytest.fixture
def small() -> Json:
    """Lay out one platform as data of its own."""
    copied: Json = json.loads(json.dumps(data(matrix_of([registry.load("mpx")]))))
    return copied


@pytest.mark.parametrize(
    ("field", "value"),
    [("status", "guessed"), ("since", 3), ("source", None), ("note", None), ("variant_of", None)],
)
def test_the_schema_looks_into_every_statement(small: Json, field: str, value: object) -> None:
    """A wrong field of one statement is noticed."""
    assert [] == errors(small)
    small["features"]["layer.rename"]["support"]["mpx"][field] = value
    assert 1 == len(errors(small))


@pytest.mark.parametrize("field", ["value", "since", "status", "source", "date", "note"])
def test_a_statement_leaves_nothing_out(small: Json, field: str) -> None:
    """What is not known is null or empty, never absent."""
    del small["features"]["layer.rename"]["support"]["mpx"][field]
    assert [f"{field!r} is a required property"] == errors(small)


def test_every_fact_is_a_statement(everything: Json) -> None:
    """The data holds each fact of each platform, variants in full."""
    for platform in registry.everything():
        for fact in facts(platform):
            statement = everything["features"][fact.entry]["support"][platform.name]
            source = fact.source
            assert (fact.value, fact.since) == (statement["value"], statement["since"])
            assert (source.status, source.address) == (statement["status"], statement["source"])
            assert (source.date, source.note) == (statement["date"], statement["note"])


def test_a_variant_names_its_host(everything: Json) -> None:
    """Hosts, variants and layers can be told apart."""
    assert {
        "kind": "host",
        "title": "Alipay simulator (IDE)",
        "version_counts": "client",
        "variant_of": "my",
    } == everything["hosts"]["my:ide"]
    mpx = {"kind": "layer", "title": "mpx", "version_counts": None}
    assert mpx == everything["hosts"]["mpx"]
    limit = everything["features"]["limit"]
    assert "Uploads running at once; None for no limit." == limit["title"]
    assert "my" == limit["support"]["my:ide"]["variant_of"]
    assert "variant_of" not in limit["support"]["my"]


def test_each_format_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    """Markdown unless told otherwise; `--json` is a format as well."""
    matrix = matrix_of([registry.load("uni"), registry.load("my")])
    flags = ("--on", "uni/my")
    assert markdown(matrix) == printed(capsys, *flags)
    assert markdown(matrix) == printed(capsys, *flags, "--format", "md")
    assert page(matrix) == printed(capsys, *flags, "--format", "html")
    assert data(matrix) == json.loads(printed(capsys, *flags, "--format", "json"))
    assert data(matrix) == json.loads(printed(capsys, *flags, "--json"))


@pytest.mark.parametrize(
    ("asked", "names"),
    [
        ("wx,my:ide", ["wx", "my:ide"]),
        ("uploader/h5", ["uploader", "h5"]),
        ("tt", ["tt:feishu"]),
        ("wx,,wx,", ["wx"]),
        ("wx,all", ["wx", *(each.name for each in registry.everything() if each.name != "wx")]),
    ],
)
def test_the_platforms_of_targets_are_compared(
    capsys: pytest.CaptureFixture[str], asked: str, names: list[str]
) -> None:
    """A target stands for its layer and its host, in the order of the columns."""
    hosts = json.loads(printed(capsys, "--json", "--on", asked))["hosts"]
    assert sorted(names) == sorted(hosts)
    assert names[0] == next(iter(hosts))


@pytest.mark.parametrize("asked", ["wx@2.0", "all,wx@2.0"])
def test_an_unknown_platform_is_a_mistake(asked: str, capsys: pytest.CaptureFixture[str]) -> None:
    """The name is answered with the nearest one; a version is part of no name here."""
    assert 2 == main(["matrix", "--on", asked])
    assert "unknown platform 'wx@2.0'; did you mean 'wx'?" in capsys.readouterr().err


def test_a_matrix_of_nothing_is_a_mistake(capsys: pytest.CaptureFixture[str]) -> None:
    """No word is answered as other commands answer it."""
    assert 2 == main(["matrix", "--on", ","])
    assert "minibridge: --on names no target; see minibridge targets\n" == capsys.readouterr().err


def test_a_file_that_cannot_be_written_is_a_mistake(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """One line says which file and why."""
    path = tmp_path / "nowhere" / "matrix.md"
    assert 2 == main(["matrix", "--on", "wx", "-o", str(path)])
    err = capsys.readouterr().err
    assert f"minibridge: cannot write {path}: No such file or directory\n" == err
