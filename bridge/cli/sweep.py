"""`minibridge sweep`: a plan's whole product, on the processes of this machine or on a cluster."""

from __future__ import annotations

import sys
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from bridge.cli import FAILED, OK
from bridge.cli.progress import counted
from bridge.look import Cell, Row, Screen, Table, many
from bridge.sweep import reading
from bridge.sweep.cluster import Cluster
from bridge.sweep.drive import Drive
from bridge.sweep.ledger import Ledger, records
from bridge.sweep.pool import Pool
from bridge.sweep.summary import OUTCOMES, PERCENTILES, summed

if TYPE_CHECKING:
    from argparse import Namespace
    from collections import Counter
    from collections.abc import Callable, Iterator

    from bridge.look import Style
    from bridge.sweep.drive import Workers
    from bridge.sweep.plan import Plan
    from bridge.sweep.summary import Group

    Watch = Callable[[bytes], None]

_REASONS: Final = 4
_WHOLE: Final = 100.0
"""Milliseconds from which tenths say nothing."""


def run(args: Namespace, screen: Screen) -> int:
    """Play a plan and sum it up; 1 where a scenario crashed, whatever else came of them."""
    groups = _swept(args, Screen.of(sys.stderr, colour=not args.no_color))
    if args.json:
        screen.json({"groups": [group.to_json() for group in groups]})
    else:
        _show(groups, screen)
    return FAILED if any(group.outcomes["crashed"] for group in groups) else OK


def _swept(args: Namespace, errors: Screen) -> list[Group]:
    plan = reading.read(args.plan)
    with Ledger(args.output, plan, resume=args.resume) as ledger:
        before, began = len(ledger), time.monotonic()
        try:
            if before < len(plan):
                _play(args, plan, ledger, colour=errors.colour)
        except KeyboardInterrupt:
            told = f"{len(ledger):,} of {len(plan):,} scenarios are in {args.output}"
            errors.line(Cell(f"minibridge: {told}; --resume goes on with the others", "warn"))
            raise
        seconds = time.monotonic() - began
        told = f"{many(len(ledger) - before, 'scenario')} played in {seconds:.1f} s"
        known = f", {before:,} {'was' if before == 1 else 'were'} there" if before else ""
        errors.line(Cell(f"{told}{known}: {args.output}", "dim"))
    return summed(plan, records(args.output))


def _play(args: Namespace, plan: Plan, ledger: Ledger, *, colour: bool) -> None:
    workers: Workers
    if args.scheduler is None:
        workers = Pool(min(args.jobs, len(plan) - len(ledger)))
    else:
        plan, workers = plan.carried(), Cluster(args.scheduler)
    try:
        with _bar(len(plan), len(ledger), colour=colour) as watch:
            Drive(plan, ledger, workers, watch).run()
    finally:
        workers.close()


# --- while it goes on


@contextmanager
def _bar(total: int, done: int, *, colour: bool) -> Iterator[Watch]:
    """Provide what is told of each line of the ledger, and draws how far it is."""
    with counted(total, done, colour=colour) as count:
        failed = 0

        def watch(line: bytes) -> None:
            nonlocal done, failed
            done += 1
            failed += b'"outcome":"failed"' in line or b'"outcome":"crashed"' in line
            count(done, failed, 0)

        yield watch


# --- when it is over


def _show(groups: list[Group], screen: Screen) -> None:
    heads = ("TARGET", "CONDITION", ">PASSED", ">PLAYED", *(f">P{n} MS" for n in PERCENTILES))
    table = Table((*heads, "WHY THE OTHERS FAILED" if screen.wide else ""))
    table.rows.extend(_row(group, wide=screen.wide) for group in groups)
    screen.table(table)
    whole = {outcome: sum(group.outcomes[outcome] for group in groups) for outcome in OUTCOMES}
    told = ", ".join(f"{number:,} {outcome}" for outcome, number in whole.items() if number)
    screen.write("")
    screen.line(Cell(told))


def _row(group: Group, *, wide: bool) -> Row:
    times = group.percentiles()
    why = _why(group.reasons)
    cells = (
        Cell(group.target, "name"),
        Cell(group.condition),
        Cell(_percent(group.rate), _style(group.rate)),
        Cell(f"{group.played:,}"),
        *(Cell(_ms(times[n]) if n in times else "-") for n in PERCENTILES),
        Cell(why if wide else ""),
    )
    return Row(cells, (Cell(why, "dim"),) if why and not wide else ())


def _why(reasons: Counter[str]) -> str:
    named = [f"{reason} {number:,}" for reason, number in reasons.most_common(_REASONS)]
    more = reasons.total() - sum(number for _, number in reasons.most_common(_REASONS))
    return ", ".join([*named, f"for other reasons {more:,}"] if more else named)


def _percent(rate: float | None) -> str:
    """Return a share in percent, never rounded up to all or down to none."""
    if rate is None:
        return "-"
    if rate in (0, 1):
        return f"{rate:.0%}"
    return f"{min(max(rate * 100, 0.1), 99.9):.1f}%"


def _style(rate: float | None) -> Style:
    return "" if rate is None else "good" if rate == 1 else "bad" if rate == 0 else "warn"


def _ms(value: float) -> str:
    return f"{value:,.0f}" if value >= _WHOLE else f"{value:.1f}"
