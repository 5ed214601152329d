"""What the targets answered: a table of many, or everything about one."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, cast

from bridge.look import Cell, Row, Table
from bridge.masking import mask_url, masked
from bridge.trace import sources_of
from bridge.why import why_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from bridge.cli.sending import Answer, Plan
    from bridge.look import Screen, Style
    from bridge.profile import Source
    from bridge.trace import Record

_ABSENT = "-"
_TOO_BAD = 400


def show(found: list[Answer], plan: Plan, screen: Screen) -> None:
    """Write one answer in full, several as a table."""
    if len(found) == 1:
        _detail(found[0], screen)
        return
    _table([answer.record for answer in found], screen)
    screen.write("")
    _summary(found, plan, screen)


# --- many


def _table(records: list[Record], screen: Screen) -> None:
    apart = screen.wide and not all(record.ok for record in records)
    headers = ("TARGET", "CALL", "STATUS", ">MS", "WHAT THE HOST ANSWERED")
    table = Table((*headers, "WHY") if apart else headers)
    for record in records:
        why = Cell(why_of(record), "dim")
        cells = (*_cells(record), why) if apart else _cells(record)
        table.rows.append(Row(cells, (why,) if why.text and not apart else ()))
    screen.table(table)


def _cells(record: Record) -> tuple[Cell, ...]:
    return (
        Cell(record.target.name, "name"),
        verdict(record),
        status_cell(record),
        Cell(ms(record.times.get("end"))),
        Cell(" ".join(record.result) if record.ok else _plain(record.result)),
    )


def verdict(record: Record) -> Cell:
    """Return how a call ended, in a word."""
    return Cell("ok", "good") if record.ok else Cell("fail", "bad")


def status_cell(record: Record) -> Cell:
    """Show the status so that a string and a number look different."""
    if "statusCode" not in record.result:
        return Cell(_ABSENT, "dim")
    status = record.result["statusCode"]
    style: Style = "warn" if isinstance(status, str) or cast("int", status) >= _TOO_BAD else ""
    return Cell(json.dumps(status), style)


def ms(value: float | None) -> str:
    """Return milliseconds for people; a dash for what did not happen."""
    if value is None:
        return _ABSENT
    return f"{value:.1f}" if value < 10 else f"{value:,.0f}"  # noqa: PLR2004  two digits are enough


def _plain(value: dict[str, object]) -> str:
    """Return an object as a mini-program's console shows it, secrets masked."""
    shown = cast("dict[str, object]", masked(value))
    return ", ".join(f"{key}: {_json(inner)}" for key, inner in shown.items())


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, default=repr)


def _summary(found: list[Answer], plan: Plan, screen: Screen) -> None:
    ok = sum(answer.record.ok is True for answer in found)
    failed = len(found) - ok
    cells = [Cell(f"{len(found)} targets: "), Cell(f"{ok} ok", "good" if ok else "")]
    if failed:
        cells += [Cell(", "), Cell(f"{failed} failed", "bad")]
    screen.line(*cells)
    arrived = [part for answer in found if answer.upload for part in answer.upload.files]
    digest = _digest(plan.file) if arrived else ""
    if {part.sha256 for part in arrived} == {digest}:
        times = f"{len(arrived)} times" if len(arrived) > 1 else "once"
        told = f"{plan.file.name} arrived whole {times}: {arrived[0].size:,} bytes, sha256 {digest}"
        screen.paragraph(told, "dim")


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


# --- one


def _detail(answer: Answer, screen: Screen) -> None:
    record = answer.record
    screen.line(
        Cell(record.target.name, "name"),
        Cell(f"  {record.target.title}  "),
        verdict(record),
        Cell("  "),
        status_cell(record),
        Cell(f"  {ms(record.times.get('end'))} ms"),
    )
    if record.reason is not None:
        screen.paragraph(why_of(record), "dim")
    _sent(answer, screen)
    _came_back(record, screen)
    _callbacks(record, screen)
    _decisions(record, screen)


def _sent(answer: Answer, screen: Screen) -> None:
    request = answer.record.request
    screen.heading("Sent")
    if request is None:
        screen.paragraph("nothing: the call ended before a connection was made", "dim", 2)
        return
    rows = [
        Row((Cell(request.method, "dim"), Cell(mask_url(request.url)))),
        Row((Cell("dialled", "dim"), Cell(request.dialled or _ABSENT))),
        Row((Cell("body", "dim"), Cell(f"{request.size:,} bytes"))),
    ]
    met = answer.record.conditions
    rows += [Row((Cell("network", "dim"), Cell(", ".join(met))))] if met else []
    screen.table(Table(("", ""), rows), 2)
    screen.write("")
    _parts(answer, screen)


def _parts(answer: Answer, screen: Screen) -> None:
    """Show the parts as the embedded server saw them, else as they left."""
    table = Table(("PART", "FILENAME", "TYPE", ">BYTES", ""))
    for name, filename, kind, size, digest in _seen_parts(answer):
        told = Cell(digest and f"sha256 {digest}", "dim")
        cells = (Cell(name), Cell(filename or _ABSENT), Cell(kind or _ABSENT), Cell(f"{size:,}"))
        beside = told if screen.wide else Cell("")
        table.rows.append(Row((*cells, beside), (told,) if digest and not screen.wide else ()))
    screen.table(table, 2)


def _seen_parts(answer: Answer) -> Iterator[tuple[str, str | None, str | None, int, str]]:
    """Yield the name, filename, type, size and sha256 of each part."""
    if answer.upload is not None:
        for got in answer.upload.parts:
            yield got.name, got.filename, got.content_type, got.size, got.sha256
    elif answer.record.request is not None:
        for part in answer.record.request.parts:
            yield part.name, part.filename, part.type, part.size, ""


def _came_back(record: Record, screen: Screen) -> None:
    response = record.response
    screen.heading("Came back")
    if response is None:
        screen.paragraph("nothing", "dim", 2)
        return
    kinds = [value for name, value in response.headers if name.lower() == "content-type"]
    head = f"HTTP {response.status}, {response.size:,} bytes{''.join(f', {k}' for k in kinds)}"
    screen.paragraph(head, indent=2)
    body = response.preview[:400].decode("utf-8", "replace")
    if body:
        screen.paragraph(body, "dim", 2)


def _callbacks(record: Record, screen: Screen) -> None:
    screen.heading("The mini-program heard")
    table = Table((">MS", "", ""))
    for at, name, payload in _thinned(record.callbacks):
        told = _plain(cast("dict[str, object]", payload))
        style: Style = {"success": "good", "fail": "bad"}.get(name, "")  # type: ignore[assignment]
        table.rows.append(Row((Cell(ms(at)), Cell(name, style), Cell(told))))
    screen.table(table, 2)


def _thinned(callbacks: list[tuple[float, str, object]]) -> list[tuple[float, str, object]]:
    """Keep the first and the last of a run of progress events."""
    kept: list[tuple[float, str, object]] = []
    for at, one in enumerate(callbacks):
        around = {callbacks[place][1] for place in (at - 1, at + 1) if 0 <= place < len(callbacks)}
        if one[1] != "progressUpdate" or around != {"progressUpdate"} or at == 0:
            kept.append(one)
    return kept


def _decisions(record: Record, screen: Screen) -> None:
    decided = record.decisions.to_json(sources_of(record.target))
    screen.heading("Decided by")
    if not decided:
        screen.paragraph("no rule stood in the way", "dim", 2)
        return
    table = Table(("STEP", "RULE", "EFFECT"))
    for one in decided:
        source = cast("dict[str, str] | None", one["source"])
        cells = (Cell(str(one["step"]), "dim"), Cell(str(one["rule"])), Cell(str(one["effect"])))
        table.rows.append(Row(cells, () if source is None else tuple(cited(source))))
    screen.table(table, 2)


def cite(source: object, screen: Screen, indent: int) -> None:
    """Write the source of what a case expects, where it has one of its own."""
    if isinstance(source, dict):
        for cell in cited({"date": "", "note": "", **source}):
            screen.paragraph(cell.text, cell.style, indent)


def cited(source: Source | dict[str, str]) -> list[Cell]:
    """Return a source for people: how the fact is known, where, as of when, and the note."""
    facts = (
        source
        if isinstance(source, dict)
        else {key: getattr(source, key) for key in ("status", "address", "date", "note")}
    )
    known: Style = "dim" if facts["status"] == "documented" else "warn"
    date = f" ({facts['date']})" if facts["date"] else ""
    cells = [Cell(f"{facts['status']}: {facts['address']}{date}", known)]
    if facts["note"]:
        cells.append(Cell(facts["note"], "dim"))
    return cells
