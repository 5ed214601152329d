"""Case files: found, read, checked and unfolded into cases, or refused in one sentence."""

from __future__ import annotations

import json
from dataclasses import dataclass
from difflib import get_close_matches
from fnmatch import fnmatchcase
from functools import cache
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from jsonschema import Draft202012Validator
from jsonschema.exceptions import best_match

import schemas
from bridge.conformance.case import CHECKS, Case, Hold, Json, tokens
from bridge.conformance.sense import check_sense
from bridge.errors import BridgeError
from bridge.registry import unknown
from bridge.textfile import text_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from importlib.resources.abc import Traversable

    from jsonschema import ValidationError

USUAL: Mapping[str, Json] = {
    "uploadFile": {"url": {"$sink": "/upload"}, "name": "file", "fileType": "image"},
    "request": {"url": {"$sink": "/data"}},
}
"""API -> the options that `$usual` stands for; an upload also gets the first given file."""
_FILES: Json = {"photo.png": {}}
"""What is given where a case names no file."""


def load(wanted: Iterable[str] = ()) -> list[Case]:
    """
    Return cases: all of ours, or those that are asked for.

    Args:
        wanted: ids of our cases, without `[row]` for all rows, or patterns of ids (`upload/*`), or
            paths of a case file or of a folder of them.

    Raises:
        BridgeError: a file is wrong, a word asks for no case, or two cases have one id.
    """
    asked = list(wanted)
    found = [case for word in asked for case in _asked(word)] if asked else list(shipped())
    return _distinct(found)


@cache
def shipped() -> tuple[Case, ...]:
    """Return the cases that come with this package, sorted by id."""
    folder = resources.files(__package__) / "cases"
    # Their form is checked by the tests, and not again by everyone who runs them.
    return tuple(sorted(_in_folder(folder, "", formed=True), key=lambda case: case.id))


def read(text: str, file: str, *, formed: bool = False) -> list[Case]:
    """
    Return the cases of one file's text.

    Args:
        text: the text.
        file: what the file is called in an error.
        formed: whether the text is known to obey `schemas/case.json`.

    Raises:
        BridgeError: something is wrong with it; the text names the file and the place.
    """
    try:
        content = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise BridgeError(f"{file} is no JSON: {error}") from error
    listed = content if isinstance(content, list) else [content]
    found: list[Case] = []
    for at, raw in enumerate(listed):
        named = raw.get("id") if isinstance(raw, dict) else None
        of_case = f"case {named!r}" if isinstance(named, str) else f"entry {at + 1}"
        unfolding = _Unfolding(file, f"{file}: {of_case}", formed)
        found.extend(unfolding.cases(raw))
    return found


def is_path(word: Path) -> bool:
    """Tell whether what asks for cases is a case file or a folder, and no id."""
    try:
        return word.name.endswith(".json") or word.is_dir()
    except OSError:  # no file has so long a name
        return False


def _asked(word: str) -> list[Case]:
    if is_path(Path(word)):
        return _at_path(Path(word))
    found = [case for case in shipped() if _names(word, case.id)]
    if not found:
        raise BridgeError(_no_case(word))
    return found


def _no_case(word: str) -> str:
    """Return the sentence for a word that asks for no case; ids are too many to list."""
    ids = [case.id for case in shipped()]
    folders = sorted({f"{case_id.partition('/')[0]}/*" for case_id in ids})
    near = get_close_matches(word, [*folders, *ids], n=1, cutoff=0.5)
    hint = f"; did you mean {near[0]!r}?" if near else ""
    return f"unknown case {word!r}{hint} (there are {', '.join(map(repr, folders))})"


def _names(word: str, case_id: str) -> bool:
    return word in (case_id, case_id.partition("[")[0]) or fnmatchcase(case_id, word)


def _at_path(path: Path) -> list[Case]:
    try:
        if not path.is_dir():
            return _in_file(path, str(path))
        found = list(_in_folder(path, f"{path.as_posix()}/"))
    except OSError as error:
        raise BridgeError(f"cannot read the cases of {str(path)!r}: {error.strerror}") from error
    if not found:
        raise BridgeError(f"there is no case file in {str(path)!r}")
    return found


def _in_folder(folder: Traversable, place: str, *, formed: bool = False) -> Iterator[Case]:
    for entry in sorted(folder.iterdir(), key=lambda entry: entry.name):
        if entry.is_dir():
            yield from _in_folder(entry, f"{place}{entry.name}/", formed=formed)
        elif entry.name.endswith(".json"):
            yield from _in_file(entry, f"{place}{entry.name}", formed=formed)


def _in_file(file: Traversable, name: str, *, formed: bool = False) -> list[Case]:
    return read(text_of(file, "the case file"), name, formed=formed)


def _distinct(cases: list[Case]) -> list[Case]:
    """Return the cases, one that was asked for twice only once."""
    known: dict[str, Case] = {}
    for case in cases:
        other = known.setdefault(case.id, case)
        if other is not case and other.file != case.file:
            raise BridgeError(f"{other.file} and {case.file} both have a case {case.id!r}")
    return list(known.values())


# --- one case


@dataclass(frozen=True, slots=True)
class _Unfolding:
    """One entry of a file, made into cases: one, or one for each row."""

    file: str
    place: str
    formed: bool

    def cases(self, raw: object) -> Iterator[Case]:
        self._check(raw, self.place)
        written = cast("Json", raw)
        if "each" not in written:
            yield _case(written, self.place, self.file)
            return
        rows = written["each"]
        if len({row["row"] for row in rows}) < len(rows):
            raise BridgeError(f"{self.place}: two rows have one name")
        for row in rows:
            place = f"{self.place}, row {row['row']!r}"
            unfolded = _unfolded(written, row, place)
            self._check(unfolded, place)
            yield _case(unfolded, place, self.file, row["row"])

    def _check(self, raw: object, place: str) -> None:
        """Raise `BridgeError` where an entry has not the form of a case."""
        error = None if self.formed else best_match(_form().iter_errors(raw))
        if error is not None:
            raise BridgeError(f"{place}: {_said(error)}")


@cache
def _form() -> Draft202012Validator:
    return Draft202012Validator(schemas.shared("case"))


def _said(error: ValidationError) -> str:
    """Return what is wrong with a file, and where."""
    where = error.json_path.removeprefix("$").removeprefix(".")
    return f"{where}: {error.message}" if where else error.message


def _unfolded(raw: Json, row: Json, place: str) -> Json:
    """Return the case of one row: the row's words in place of the case's, its values filled in."""
    base = {key: value for key, value in raw.items() if key != "each"}
    filled = cast("Json", _filled(base, row.get("values", {}), place))
    for key in ("needs", "cites"):
        if key in row:
            filled[key] = [*filled.get(key, []), *row[key]]
    for key in ("only", "source"):
        if key in row:
            filled[key] = row[key]
    return filled


def _filled(value: Any, values: Json, place: str) -> object:  # noqa: ANN401  any JSON
    if isinstance(value, list):
        return [_filled(inner, values, place) for inner in value]
    if not isinstance(value, dict):
        return value
    if value.keys() == {"$row"}:
        name = value["$row"]
        if name not in values:
            raise BridgeError(f"{place}: {unknown('value', str(name), list(values))}")
        return values[name]
    return {key: _filled(inner, values, place) for key, inner in value.items()}


def _case(raw: Json, place: str, file: str, row: str = "") -> Case:
    given = {"files": _FILES, **raw.get("given", {})}
    steps = tuple(_full(step, given) for step in raw["steps"])
    case = Case(
        id=f"{raw['id']}[{row}]" if row else raw["id"],
        title=raw["title"],
        needs=tuple(raw.get("needs", ())),
        only=tuple(raw.get("only", ())),
        given=given,
        steps=steps,
        holds=tuple(_hold(hold, raw, place) for hold in raw["holds"]),
        file=file,
    )
    if any(True for _ in tokens([case.given, case.steps, raw["holds"]], "$row")):
        raise BridgeError(f"{place}: $row stands for a value of a row, and there are no rows")
    check_sense(case, place)
    return case


def _full(step: Json, given: Json) -> Json:
    """Return a step with its usual options written out."""
    options = step.get("options")
    if not isinstance(options, dict) or options.get("$usual") is not True:
        return step
    usual = dict(USUAL.get(step.get("call", ""), {}))
    if step.get("call") == "uploadFile":
        usual["filePath"] = {"$given": next(iter(given["files"]), "")}
    merged = usual | {key: value for key, value in options.items() if key != "$usual"}
    kept = {key: value for key, value in merged.items() if value != {"$absent": True}}
    return {**step, "options": kept}


def _hold(hold: Json, case: Json, place: str) -> Hold:
    return Hold(
        that=hold["that"],
        of=hold["of"],
        path=hold.get("path", ""),
        checks={check: hold[check] for check in CHECKS if check in hold},
        source=_source(hold.get("source", case.get("source")), case.get("sources", {}), place),
        cites=tuple(dict.fromkeys([*case.get("cites", ()), *hold.get("cites", ())])),
        only=tuple(hold.get("only", ())),
        needs=tuple(hold.get("needs", ())),
    )


def _source(source: object, named: Json, place: str) -> object:
    """Return a source with names replaced by what they stand for."""
    if isinstance(source, dict) and "$by" in source:
        return {"$by": {who: _source(each, named, place) for who, each in source["$by"].items()}}
    if isinstance(source, str):
        if source not in named:
            raise BridgeError(f"{place}: {unknown('source', source, list(named))}")
        source = named[source]
    if isinstance(source, dict) and source["status"] != "documented" and not source.get("note"):
        raise BridgeError(f"{place}: a source that is {source['status']!r} needs a note")
    return source
