"""
The `minibridge` command.

Every command gets its parsed arguments and a `Screen`, and returns an exit status. Commands are
imported when they are chosen: `minibridge --version` loads neither aiohttp nor jsonschema nor rich.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from contextlib import contextmanager
from importlib import import_module
from typing import TYPE_CHECKING, cast

from bridge.cli import arguments
from bridge.errors import BridgeError, MissingError
from bridge.look import Mistake, Screen, say

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Callable, Iterator, Sequence
    from types import FrameType

OK, FAILED, USAGE, MISSING, INTERNAL, DEADLINE, INTERRUPTED = 0, 1, 2, 3, 4, 124, 130
TERMINATED = 128 + signal.SIGTERM


def main(argv: Sequence[str] | None = None) -> int:
    """
    Run one command.

    Args:
        argv: the words after `minibridge`; None takes them from the command line.

    Returns:
        0 all held, 1 something failed, 2 a usage error, 3 a missing engine, 4 a fault of ours,
        124 stopped at the deadline, 130 interrupted, 143 asked to end.
    """
    _fill_closed_streams()
    with _ending_as_interrupt() as asked:
        status = _status(argv)
    return TERMINATED if asked else status


def _fill_closed_streams() -> None:
    """Let closed standard streams lead nowhere: a file of ours would take their numbers."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            nowhere = os.open(os.devnull, os.O_RDWR)
            os.set_inheritable(nowhere, True)  # noqa: FBT003  positional only
            setattr(sys, name, os.fdopen(nowhere, mode, encoding="utf-8", closefd=False))


def _status(argv: Sequence[str] | None) -> int:
    try:
        return _run(arguments.parser().parse_args(argv))
    except SystemExit as end:  # argparse has printed what it had to say
        return cast("int", end.code)
    except MissingError as error:
        return _say(str(error), MISSING)
    except (BridgeError, Mistake) as error:
        return _say(str(error), USAGE)
    except KeyboardInterrupt:
        return _say("interrupted", INTERRUPTED)
    except Exception as error:  # noqa: BLE001  the last resort: one line for whoever met it
        return _broken(error)


@contextmanager
def _ending_as_interrupt() -> Iterator[list[int]]:
    """Take a SIGTERM for an interrupt, after which all is put in order; note that it came."""
    asked: list[int] = []

    def end(number: int, frame: FrameType | None) -> None:
        asked.append(number)
        interrupt = signal.getsignal(signal.SIGINT)
        if callable(interrupt):
            interrupt(signal.SIGINT, frame)

    if threading.current_thread() is not threading.main_thread():
        yield asked
        return
    before = signal.signal(signal.SIGTERM, end)
    try:
        with _heeding_interrupts():
            yield asked
    finally:
        signal.signal(signal.SIGTERM, before)


@contextmanager
def _heeding_interrupts() -> Iterator[None]:
    """Let asyncio end its tasks when asked to, also where interrupts are ignored: in background."""
    if signal.getsignal(signal.SIGINT) is not signal.SIG_IGN:
        yield
        return
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})  # a terminal's stay ignored
    signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)


def _run(args: Namespace) -> int:
    screen = Screen.of(sys.stdout, colour=not args.no_color)
    command = cast("Callable[[Namespace, Screen], int]", import_module(args.module).run)
    return command(args, screen)


def _say(sentence: str, status: int) -> int:
    say(" ".join(sentence.split()))
    return status


def _broken(error: Exception) -> int:
    if os.environ.get("MINIBRIDGE_DEBUG"):
        import traceback  # noqa: PLC0415  only for whoever asks

        traceback.print_exception(error)
    what = f"internal error: {type(error).__name__}: {error}"
    return _say(f"{what}; set MINIBRIDGE_DEBUG=1 for the traceback", INTERNAL)
