"""The matrix itself: facts sorted into subjects, rows and cells; how it looks is told elsewhere."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import groupby
from typing import TYPE_CHECKING

from bridge.facts import Fact, facts
from bridge.matrix.meanings import meanings
from bridge.matrix.subjects import SUBJECTS, Subject, place
from bridge.profile import Layer, Profile

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    Platform = Profile | Layer


@dataclass(frozen=True, slots=True)
class Column:
    """
    One platform with its variants.

    Attributes:
        head: the platform whose facts stand unnamed in the cells.
        variants: those of which a cell tells only what differs.
    """

    head: Platform
    variants: tuple[Platform, ...] = ()

    @property
    def platforms(self) -> tuple[Platform, ...]:
        """All of them, the head first."""
        return (self.head, *self.variants)


@dataclass(frozen=True, slots=True)
class Cell:
    """
    What one column says of one entry.

    Attributes:
        facts: the head's, then those of variants that differ from it.
        without: the variants that lack an entry of the head's.
    """

    facts: tuple[Fact, ...] = ()
    without: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Row:
    """One entry in every column; `name` is its address without what all of its table share."""

    entry: str
    name: str
    meaning: str
    cells: tuple[Cell, ...]

    def only(self, columns: Iterable[int]) -> Row:
        """Return the row in some of its columns."""
        return replace(self, cells=tuple(self.cells[at] for at in columns))

    @property
    def alike(self) -> bool:
        """Tell whether every column and every variant of it says the same."""
        told = [fact.value for cell in self.cells for fact in cell.facts]
        whole = all(cell.facts and not cell.without for cell in self.cells)
        return whole and all(value == told[0] for value in told)


@dataclass(frozen=True, slots=True)
class Table:
    """The rows of one subject, in the columns that have any."""

    subject: Subject
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]

    @property
    def facts(self) -> Iterator[Fact]:
        """Every fact that is told, row by row."""
        return (fact for row in self.rows for cell in row.cells for fact in cell.facts)


@dataclass(frozen=True)
class Matrix:
    """
    The facts of some platforms, by entry and platform.

    Attributes:
        columns: the platforms with their variants.
        facts: entry -> name of the platform -> fact.
    """

    columns: tuple[Column, ...]
    facts: dict[str, dict[str, Fact]]

    @cached_property
    def tables(self) -> tuple[Table, ...]:
        """One table per subject, those without a row left out."""
        named = [(*place(entry), entry) for entry in self.facts]
        named.sort(key=lambda each: SUBJECTS.index(each[0]))
        groups = groupby(named, key=lambda each: each[0])
        return tuple(self._table(subject, list(group)) for subject, group in groups)

    def row(self, entry: str, name: str, meaning: str) -> Row:
        """Return one entry in every column, under a name; it may be one that no platform has."""
        known = self.facts.get(entry, {})
        cells = tuple(_cell(column, known) for column in self.columns)
        return Row(entry, name, meaning, cells)

    def meaning(self, entry: str) -> str:
        """Return what an entry is: in its field's words, else in those most schemas have for it."""
        words = Counter(fact.about for fact in self.facts[entry].values())
        return meanings().get(entry) or words.most_common(1)[0][0]

    def _table(self, subject: Subject, named: list[tuple[Subject, str, str]]) -> Table:
        known = {host for _, _, entry in named for host in self.facts[entry]}
        columns = tuple(c for c in self.columns if known & {p.name for p in c.platforms})
        rows = [self._row(entry, name, columns) for _, name, entry in named]
        return Table(subject, columns, tuple(rows))

    def _row(self, entry: str, name: str, columns: Sequence[Column]) -> Row:
        cells = tuple(_cell(column, self.facts[entry]) for column in columns)
        return Row(entry, name, self.meaning(entry), cells)


def matrix_of(platforms: Iterable[Platform]) -> Matrix:
    """Return the matrix of some platforms; a platform named twice counts once."""
    once = {platform.name: platform for platform in platforms}
    found: dict[str, dict[str, Fact]] = {}
    for platform in once.values():
        for fact in facts(platform):
            found.setdefault(fact.entry, {})[fact.host] = fact
    return Matrix(tuple(_columns(list(once.values()))), found)


def _columns(platforms: list[Platform]) -> Iterator[Column]:
    """Yield a column per family: profiles of one global and one folder of schemas."""
    families: dict[tuple[str, ...], list[Platform]] = {}
    for platform in platforms:
        families.setdefault(_family(platform), []).append(platform)
    for family in families.values():
        # The host itself is registered under the name of its global, a variant under a longer one.
        head = min(family, key=lambda each: each.name != getattr(each, "namespace", each.name))
        yield Column(head, tuple(each for each in family if each is not head))


def _family(platform: Platform) -> tuple[str, ...]:
    if isinstance(platform, Layer):
        return (platform.name,)
    return (platform.namespace, platform.schema)


def _cell(column: Column, said: dict[str, Fact]) -> Cell:
    head = said.get(column.head.name)
    others = [said[variant.name] for variant in column.variants if variant.name in said]
    if head is None:
        return Cell(tuple(others))
    differing = (fact for fact in others if _claim(fact) != _claim(head))
    without = tuple(v.name for v in column.variants if v.name not in said)
    return Cell((head, *differing), without)


def _claim(fact: Fact) -> tuple[object, str | None]:
    return fact.value, fact.since
