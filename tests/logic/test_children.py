"""Engine processes that serve one mini-program after the other."""

from __future__ import annotations

import asyncio
import errno
import os
import signal
import sys
from typing import TYPE_CHECKING, Any

import pytest

from bridge import Bridge
from bridge.logic.child import Child
from bridge.logic.children import Children
from bridge.logic.engine import Engine, EngineGoneError, engine_for
from bridge.logic.program import JSError, Program

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from bridge import UploadServer

pytestmark = pytest.mark.measured
DEADLINE = 0.5
CAT = ["cat"]


@pytest.fixture
def children() -> Iterator[Children]:
    """Return a keeper of processes, closed with the test."""
    with Children() as kept:
        yield kept


@pytest.fixture
def logic(tmp_path: Path) -> Path:
    """Return a logic file."""
    file = tmp_path / "main.js"
    file.write_text(
        """
        const before = typeof globalThis.left;
        globalThis.left = 'behind';
        Array.prototype.mine = 1;
        exports.found = () => [before, getCurrentPages().length, process.env.N];
        exports.loop = () => { for (;;); };
        exports.keep = () => new Promise(() => setInterval(() => console.log('tick'), 1));
        exports.up = (options) => new Promise((success) => wx.uploadFile({ ...options, success }));
        exports.later = () => { WebAssembly.compile(new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0]))
          .then(() => console.log('from before')); };
        """,
        encoding="utf-8",
    )
    return file


def pid_of(program: Program) -> int:
    """Return the process id of a program's engine."""
    pid = program._engine.pid  # noqa: SLF001  what a test kills is no business of other users
    assert pid is not None
    return pid


def is_alive(pid: int) -> bool:
    """Tell whether a process of ours still exists."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


async def run(children: Children, engine: str, logic: Path, number: int) -> tuple[int, Any]:
    """Run a program of its own; returns its process, and what it found there."""
    env = {"N": str(number)}
    async with (
        Bridge("wx") as bridge,
        Program(bridge, engine=engine, children=children, env=env) as program,
    ):
        await program.load(logic)
        return pid_of(program), await program.call("found")


def test_one_process_serves_the_programs_of_one_loop_after_another(
    children: Children, engine: str, logic: Path
) -> None:
    """As pytest's tests are, each with an event loop of its own; and no program finds another."""
    found = [asyncio.run(run(children, engine, logic, number)) for number in range(3)]
    (pid,) = {pid for pid, _ in found}
    assert [["undefined", 0, str(number)] for number in range(3)] == [each for _, each in found]
    assert is_alive(pid)
    children.close()
    assert not is_alive(pid)


async def test_programs_at_once_have_a_process_each(
    children: Children, engine: str, logic: Path
) -> None:
    """So that the end of one does not touch another; the processes are used again."""
    async with Bridge("wx") as bridge:
        one, two = (
            Program(bridge, engine=engine, deadline=DEADLINE, children=children) for _ in range(2)
        )
        async with one, two:
            await asyncio.gather(one.load(logic), two.load(logic))
            pids = {pid_of(one), pid_of(two)}
            assert 2 == len(pids)
            with pytest.raises(JSError, match="was stopped"):
                await one.call("loop")
            survivor = pid_of(two)
            assert "undefined" == (await two.call("found"))[0]
    assert survivor == (await run(children, engine, logic, 0))[0]
    assert [survivor] == [pid for pid in pids if is_alive(pid)]


async def test_a_program_closed_in_mid_turn_takes_its_process_along(
    children: Children, engine: str, logic: Path
) -> None:
    """Nobody waits for ever for a turn to end."""
    async with Bridge("wx") as bridge:
        async with Program(bridge, engine=engine, deadline=None, children=children) as program:
            await program.load(logic)
            pid = pid_of(program)
            waiting = asyncio.ensure_future(program.call("loop"))
            await asyncio.sleep(0)
        assert not is_alive(pid)
        with pytest.raises(JSError, match="has been closed"):
            await waiting
    assert pid != (await run(children, engine, logic, 0))[0]


async def test_what_a_program_left_running_is_not_heard_by_the_next(
    children: Children, logic: Path
) -> None:
    """Its timers have stopped, and what its engine finishes late goes nowhere."""
    heard: list[str] = []
    async with Bridge("wx") as bridge:
        for export in ("later", "found"):
            program = Program(
                bridge,
                engine="node",
                children=children,
                hear=lambda _, message, __: heard.append(message),
            )
            async with program:
                await program.load(logic)
                await program.call(export)
                pid = pid_of(program)
    assert [] == heard
    assert is_alive(pid)


async def test_uploads_run_on_a_process_that_is_used_again(
    children: Children, engine: str, server: UploadServer, logic: Path
) -> None:
    """Ids start anew with each program; the file arrives each time."""
    async with Bridge("wx") as bridge:
        path = bridge.files.add("a.txt", b"hello")
        options = {"url": server.url, "filePath": path, "name": "file"}
        for _ in range(3):
            async with Program(bridge, engine=engine, children=children) as program:
                await program.load(logic)
                assert 200 == (await program.call("up", options))["statusCode"]
    assert [b"hello".decode()] * 3 == [upload.file().text for upload in server.uploads]


async def test_a_process_that_died_while_it_waited_is_replaced(
    children: Children, engine: str, logic: Path
) -> None:
    """The next program does not hear of it."""
    first, _ = await run(children, engine, logic, 0)
    os.kill(first, signal.SIGKILL)
    await asyncio.to_thread(os.waitid, os.P_PID, first, os.WEXITED | os.WNOWAIT)
    second, found = await run(children, engine, logic, 1)
    assert first != second
    assert ["undefined", 0, "1"] == found


async def test_a_kept_process_that_does_not_greet_is_replaced(children: Children) -> None:
    """It dies of the farewell of its first program, after it was seen alive."""
    code = (
        'import sys; print(\'{"type": "hello"}\', flush=True)\n'
        "for line in sys.stdin:\n"
        "    if 'reset' in line: print('loose print', flush=True)\n"
    )
    argv = [sys.executable, "-c", code]
    heard: list[object] = []
    pids = []
    for _ in range(2):
        engine = Engine("fake", argv, children=children)
        await engine.start(heard.append, heard.append)
        pids.append(engine.pid)
        await engine.close()
    assert 2 == len(set(pids))
    assert [] == heard


async def test_a_process_is_replaced_after_so_many_programs(engine: str, logic: Path) -> None:
    """Whatever an engine may lose with each context is lost for a bounded time."""
    with Children(programs=2) as children:
        pids = [(await run(children, engine, logic, number))[0] for number in range(4)]
    assert pids[0] == pids[1]
    assert pids[2] == pids[3]
    assert pids[0] != pids[2]
    assert not any(map(is_alive, pids))


async def test_no_more_processes_wait_than_there_is_room_for(engine: str, logic: Path) -> None:
    """The last to close are ended."""
    with Children(idle=1) as children:
        async with Bridge("wx") as bridge:
            programs = [Program(bridge, engine=engine, children=children) for _ in range(2)]
            async with programs[0], programs[1]:
                await asyncio.gather(*(program.load(logic) for program in programs))
                pids = [pid_of(program) for program in programs]
        assert 1 == sum(map(is_alive, pids))
    assert not any(map(is_alive, pids))


def test_a_process_given_back_to_a_closed_keeper_is_ended() -> None:
    """Nothing stays behind, whichever closes first."""
    children = Children()
    children.close()
    child = Child(CAT)
    assert not children.wants(child)
    children.keep(child)
    assert not child.alive


def test_each_command_has_processes_of_its_own() -> None:
    """A Node is not given to who asked for QuickJS."""
    with Children() as children:
        child = Child(CAT)
        children.keep(child)
        assert children.take([*CAT, "-u"]) is None
        assert child is children.take(CAT)
        assert children.take(CAT) is None
        child.end()


def test_a_child_that_ignores_the_end_of_its_input_is_killed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Ending one does not take for ever."""
    monkeypatch.setattr("bridge.logic.child._END_SECONDS", 0.05)
    child = Child([sys.executable, "-c", "import signal; signal.sigwait([signal.SIGUSR1])"])
    assert -signal.SIGKILL == child.end()


async def test_a_line_without_an_end_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """However much a child says, what is kept of it is bounded."""
    monkeypatch.setattr("bridge.logic.child.LONGEST", 1 << 16)
    code = "print('{\"type\": \"hello\"}', flush=True); print('x' * (1 << 20), flush=True); input()"
    engine = Engine("fake", [sys.executable, "-c", code])
    lost: asyncio.Future[EngineGoneError] = asyncio.get_running_loop().create_future()
    await engine.start(lambda _: None, lost.set_result)
    assert "fake sent a message longer than 0.0625 MiB" == str(await lost)
    await engine.close()


@pytest.mark.parametrize("turns", range(1, 9))
async def test_a_start_that_is_cancelled_leaves_no_process(turns: int) -> None:
    """However far it has come: its pipes are taken over one by one, and then it is greeted."""
    engine = Engine("fake", CAT)
    starting = asyncio.create_task(engine.start(lambda _: None, lambda _: None))
    for _ in range(turns):
        await asyncio.sleep(0)
    pid = engine.pid
    assert pid is not None
    starting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await starting
    assert not is_alive(pid)


async def test_a_process_whose_pipes_cannot_be_taken_over_is_ended(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """As where no more files can be open."""

    async def refuse(*_: object) -> None:
        pids.append(engine.pid)
        raise OSError(errno.EMFILE, "too many open files")

    pids: list[int | None] = []
    engine = Engine("fake", CAT)
    monkeypatch.setattr(Child, "connect", refuse)
    with pytest.raises(OSError, match="too many"):
        await engine.start(lambda _: None, lambda _: None)
    (pid,) = pids
    assert pid is not None
    assert not is_alive(pid)


async def test_a_close_that_is_cancelled_leaves_no_process(children: Children) -> None:
    """Though it only waited for the end of a turn."""
    busy = [sys.executable, "-c", 'print(\'{"type": "hello"}\', flush=True); input(); input()']
    engine = Engine("fake", busy, children=children)
    await engine.start(lambda _: None, lambda _: None)
    engine.post({"type": "timer", "id": 1})
    pid = engine.pid
    assert pid is not None
    closing = asyncio.create_task(engine.close())
    await asyncio.sleep(0)
    closing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await closing
    assert not is_alive(pid)


@pytest.mark.parametrize("name", ["node", "quickjs"])
def test_an_engine_is_named_after_the_one_that_runs(name: str, children: Children) -> None:
    """With kept processes as without."""
    assert name == engine_for(name, children=children).name
