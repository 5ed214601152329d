"""What a worker keeps from one scenario to the next, because it is dear to make."""

from __future__ import annotations

import atexit
import contextlib
import threading
from importlib import import_module
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from bridge.conformance.engines import engine_called
from bridge.conformance.scene import Place
from bridge.logic.children import Children

if TYPE_CHECKING:
    from bridge.conformance.engines import Engine


_SLOW_MODULES = ("bridge.sink", "bridge.transport.http")
"""What the first scenario would else be charged for."""

_ENGINES = 64
"""Engine processes that are kept: as many as plans play at once, within reason."""


class Kept:
    """
    Modules, engine processes, targets and folders, for the scenarios of one thread.

    None of it can be told from a fresh one: a program gets a new context of its engine, and every
    scenario a bridge and a server of its own.
    """

    def __init__(self) -> None:
        for module in _SLOW_MODULES:
            import_module(module)
        self._stack = contextlib.ExitStack()
        self.children = self._stack.enter_context(Children(idle=_ENGINES))
        self._engines: dict[str, Engine] = {}
        self._places: dict[str, Place] = {}
        self._folders: dict[str, str] = {}
        atexit.register(self._stack.close)

    def engine(self, name: str) -> Engine:
        """Return what plays cases; raises `MissingEngineError`."""
        if name not in self._engines:
            self._engines[name] = self._stack.enter_context(engine_called(name))
        return self._engines[name]

    def place(self, target: str) -> Place:
        """Return a target that cases are played on."""
        if target not in self._places:
            self._places[target] = Place(target)
        return self._places[target]

    def folder(self, key: str) -> tuple[str, bool]:
        """Return a folder for files that came from elsewhere, and whether it is new."""
        new = key not in self._folders
        if new:
            self._folders[key] = self._stack.enter_context(TemporaryDirectory())
        return self._folders[key], new


_OWN = threading.local()


def kept() -> Kept:
    """Return what this thread has kept."""
    if not hasattr(_OWN, "kept"):
        _OWN.kept = Kept()
    return _OWN.kept  # type: ignore[no-any-return]
