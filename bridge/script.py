"""What the embedded upload server answers next: one script for all uploads, or one by path."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from bridge.answers import Step, check_step
from bridge.errors import BridgeError

if TYPE_CHECKING:
    from collections.abc import Sequence

ANY: Final = "*"
"""The segment of a path that stands for any one."""
MAX_BEGUN: Final = 1000
"""Scripts by path that can be under way at once; the one begun first is then forgotten."""

_OR_BY_PATH: Final = ", or such lists by the beginning of a path"

Steps = deque[Step]


class Script:
    """
    Steps, each for as many uploads as it says.

    Args:
        raw: a list of steps, for whatever comes. Or a mapping: the beginning of a path -> a list.
            A `*` in it is any one segment, and each reading of it begins that list anew.

    Raises:
        BridgeError: a step is wrong; the text names it.
    """

    def __init__(self, raw: object = ()) -> None:
        by_path = raw if isinstance(raw, Mapping) and raw else {}
        self._for_all: Steps = deque() if by_path else _steps(raw, "")
        self._by_path = [(_beginning(path), _steps(it, path)) for path, it in by_path.items()]
        self._begun: dict[str, Steps] = {}

    def add(self, step: Step) -> None:
        """Add a step for uploads that no path of the script takes."""
        self._for_all.append(step)

    def next(self, path: str) -> Step | None:
        """Return the step for an upload to a path, None where none is left for it."""
        steps = self._steps_for(path)
        if not steps:
            return None
        step = steps.popleft()
        if step.times > 1:
            steps.appendleft(replace(step, times=step.times - 1))
        return step

    def _steps_for(self, path: str) -> Steps:
        for beginning, steps in self._by_path:
            found = beginning.match(path)
            if found is not None:
                return self._started(found[0], steps)
        return self._for_all

    def _started(self, place: str, steps: Steps) -> Steps:
        if place not in self._begun:
            if len(self._begun) == MAX_BEGUN:
                del self._begun[next(iter(self._begun))]
            self._begun[place] = deque(steps)
        return self._begun[place]


def _beginning(path: object) -> re.Pattern[str]:
    if not isinstance(path, str) or not path.startswith("/"):
        raise BridgeError(f"a path of a script begins with '/', not {path!r:.60}")
    segments = ("[^/]+" if segment == ANY else re.escape(segment) for segment in path.split("/"))
    return re.compile("/".join(segments))


def _steps(raw: object, path: str) -> Steps:
    place, or_by_path = (f"{path}: ", "") if path else ("", _OR_BY_PATH)
    if not isinstance(raw, list | tuple):
        raise BridgeError(f"{place}a script is a list of steps{or_by_path}, not {raw!r:.60}")
    listed: Sequence[object] = raw
    return deque(check_step(step, f"{place}step {at}") for at, step in enumerate(listed, 1))
