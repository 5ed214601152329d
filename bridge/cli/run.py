"""`minibridge run`: a mini-program's own JavaScript file, run on every target asked for."""

from __future__ import annotations

import asyncio
import sys
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from bridge.cli import sending, watching
from bridge.cli.asked import check_file, names_of, overrides_for
from bridge.cli.ran import Ran
from bridge.cli.telling import Teller
from bridge.cli.traces import tracing
from bridge.files import package_of
from bridge.logic.children import Children
from bridge.logic.program import JSError, Program
from bridge.look import Screen
from bridge.pictures import png
from bridge.runtime import Bridge

if TYPE_CHECKING:
    from argparse import Namespace
    from pathlib import Path

    from bridge.logic.journal import Keep
    from bridge.sink import UploadServer
    from bridge.trace import Record


@dataclass(frozen=True, slots=True)
class Plan:
    """
    What to run.

    Attributes:
        file: the logic file.
        targets: addresses with their overrides.
        engine: `auto`, `node` or `quickjs`.
        deadline: seconds the program may take on one target.
        routes: origins that the embedded server answers for.
        network: the conditions it meets, as text.
    """

    file: Path
    targets: list[tuple[str, dict[str, object]]]
    engine: str
    deadline: float
    routes: list[str]
    network: str


class Stage(NamedTuple):
    """What every target's run shares: the embedded server, the engines, and who tells of it."""

    server: UploadServer
    children: Children
    teller: Teller


class Lookers(NamedTuple):
    """Who sees the calls of a run: what keeps them, and the page, if there are any."""

    keep: Keep | None
    page: watching.Page

    def follow(self, name: str, bridge: Bridge, server: UploadServer) -> None:
        """Show them the calls of a bridge."""
        self.page.follow(name, bridge, server)
        if self.keep is not None:
            bridge.watch(_Kept(self.keep, server))


class _Kept(NamedTuple):
    """Keeps each record when its call ends, so that no death of this process loses it."""

    keep: Keep
    server: UploadServer

    def began(self, record: Record) -> None:
        """Wait for its end."""

    def ended(self, record: Record) -> None:
        """Write it."""
        self.keep(record.session, [record], self.server.uploads)


def run(args: Namespace, screen: Screen) -> int:
    """Run the file on each target; the worst of their exit statuses."""
    plan = _plan(args)
    errors = Screen.of(sys.stderr, colour=not args.no_color)
    teller = Teller(screen, errors, many=len(plan.targets) > 1, quiet=args.json)
    runs: list[Ran] = []
    title = f"run {args.file.name}"
    with asyncio.Runner() as runner, watching.shown(runner, title, wanted=args.ui) as page:
        with tracing(args.trace, lambda: None) as keep:
            runner.run(_run_all(plan, teller, runs, Lookers(keep, page)))
        teller.check()
        if args.json:
            screen.json([ran.to_json() for ran in runs])
        with suppress(KeyboardInterrupt):
            runner.run(page.stay(asyncio.Event().wait))
    return max(ran.exit for ran in runs)


def _plan(args: Namespace) -> Plan:
    check_file(args.file)
    names = names_of(args.on)
    targets = [(name, overrides_for(name, args.set)) for name in names]
    return Plan(args.file, targets, args.engine, args.deadline, args.route, args.network)


async def _run_all(plan: Plan, teller: Teller, runs: list[Ran], lookers: Lookers) -> None:
    from bridge.sink import UploadServer  # noqa: PLC0415  aiohttp's server takes 0.2 s to import

    lookers.page.announce()
    with Children() as children:
        async with UploadServer() as server:
            stage = Stage(server, children, teller)
            for name, overrides in plan.targets:
                # A seed of its own gives each bridge boundaries that no other has.
                bridge = Bridge(
                    name,
                    files=package_of(plan.file),
                    album=[png()],
                    seed=len(runs),
                    **overrides,  # type: ignore[arg-type]
                )
                lookers.follow(f"run {len(runs) + 1}", bridge, server)
                async with bridge:
                    await _run_on(bridge, plan, stage, runs)
                sending.match(runs[-1].answers, server.uploads)
                server.clear()
                teller.end(runs[-1])


async def _run_on(bridge: Bridge, plan: Plan, stage: Stage, runs: list[Ran]) -> None:
    """Run the file on one target, and keep what came of it however it ends."""
    server, children, teller = stage
    bridge.network.apply(plan.network)
    for origin in plan.routes:
        bridge.route(origin, to=server.url)
    ran = Ran(bridge.target)
    program = Program(
        bridge,
        engine=plan.engine,
        deadline=plan.deadline,
        children=children,
        env={"MINIBRIDGE_SINK_URL": server.url, "MINIBRIDGE_TARGET": bridge.target},
        hear=lambda level, message, stack: teller.hear(ran, level, message, stack),
    )
    ran.engine = program.engine
    teller.begin(ran, chosen=plan.engine == "auto" and not runs)
    runs.append(ran)
    try:
        async with program, asyncio.timeout(plan.deadline):
            await _to_its_end(program, plan.file, ran, bridge)
    except JSError as error:
        teller.failed(ran, error)
    except TimeoutError:
        ran.overran = True
        teller.overran(ran, plan.deadline)
    finally:
        ran.answers.extend(map(sending.Answer, bridge.calls))


async def _to_its_end(program: Program, file: Path, ran: Ran, bridge: Bridge) -> None:
    try:
        await program.load(file)
        await program.idle()
    finally:
        # Closing the program ends what it began, so that is noted before.
        ran.unfinished = [f"{record.api} #{record.id}" for record in bridge.in_flight]
