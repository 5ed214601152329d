"""Suites of the plugin's users, run by pytest in the very process of a test."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path
    from types import ModuleType

    import pytest


class _Loaded:
    """Notes the modules there are at the end of a run, but for those of the suite itself."""

    def __init__(self, suite: Path) -> None:
        self._suite = str(suite)
        self.modules: dict[str, ModuleType] = {}

    def pytest_unconfigure(self) -> None:
        """Note them before pytester removes all that were not there before the run."""
        for name, module in sys.modules.items():
            if not str(getattr(module, "__file__", "")).startswith(self._suite):
                self.modules[name] = module


def run_inside(suite: pytest.Pytester, *argv: str) -> pytest.RunResult:
    """
    Run pytest on a suite: a process of its own would take a second, for imports above all.

    What the suite imported stays, since a module that is imported twice has its classes twice.
    """
    loaded = _Loaded(suite.path)
    # This plugin collects garbage, all that our own run has made, many times at its end.
    without = ("-p", "no:unraisableexception")
    result = suite.runpytest_inprocess(*without, *argv, plugins=[loaded])
    for name, module in loaded.modules.items():
        sys.modules.setdefault(name, module)
    return result
