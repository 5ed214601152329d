"""The matrix as JSON data; `schemas/matrix.json` describes it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bridge.profile import Profile

if TYPE_CHECKING:
    from bridge.facts import Fact
    from bridge.matrix.table import Matrix

    Json = dict[str, object]

VERSION = 1


def data(matrix: Matrix) -> Json:
    """Return every fact by entry and host, variants in full."""
    heads = {
        variant.name: column.head.name for column in matrix.columns for variant in column.variants
    }
    return {"v": VERSION, "hosts": _hosts(matrix, heads), "features": _features(matrix, heads)}


def _hosts(matrix: Matrix, heads: dict[str, str]) -> Json:
    return {
        platform.name: {
            "kind": "host" if isinstance(platform, Profile) else "layer",
            "title": platform.title,
            "version_counts": platform.version_counts if isinstance(platform, Profile) else None,
            **_variant(platform.name, heads),
        }
        for column in matrix.columns
        for platform in column.platforms
    }


def _features(matrix: Matrix, heads: dict[str, str]) -> Json:
    return {
        entry: {
            "title": matrix.meaning(entry),
            "support": {host: _statement(fact, heads) for host, fact in said.items()},
        }
        for entry, said in matrix.facts.items()
    }


def _statement(fact: Fact, heads: dict[str, str]) -> Json:
    source = fact.source
    return {
        "value": fact.value,
        "since": fact.since,
        **_variant(fact.host, heads),
        "status": source.status,
        "source": source.address,
        "date": source.date,
        "note": source.note,
    }


def _variant(host: str, heads: dict[str, str]) -> Json:
    return {"variant_of": heads[host]} if host in heads else {}
