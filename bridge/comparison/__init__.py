"""The same call on many targets: only what differs, each with the rule and the source behind it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bridge import layers
from bridge.comparison import given, programs
from bridge.comparison.case import Cases
from bridge.comparison.causes import explained
from bridge.comparison.differing import alike, compared, split
from bridge.comparison.model import Cause, Difference, Findings, Variant
from bridge.comparison.noticed import notes
from bridge.comparison.tree import rank
from bridge.comparison.witness import subjects, watch
from bridge.errors import BridgeError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from bridge.comparison.witness import Seen, Setup

__all__ = ["Cause", "Comparison", "Difference", "Variant", "compare"]


class Comparison(Findings):
    """What the same call came to on many targets, ready to be shown."""

    __slots__ = ()

    def to_text(self, width: int = 80) -> str:
        """Return the comparison for a terminal of that many columns, without colours."""
        from bridge.comparison.terminal import as_text  # noqa: PLC0415  only where it is shown

        return as_text(self, width)

    def to_markdown(self) -> str:
        """Return the comparison as a Markdown document with one table."""
        from bridge.comparison.markdown import as_markdown  # noqa: PLC0415  likewise

        return as_markdown(self)


async def compare(  # noqa: PLR0913  all but the first two by keyword
    call: Mapping[str, object] | str | Path,
    targets: Iterable[str | tuple[str, Mapping[str, object]]],
    *,
    api: str = layers.UPLOAD,
    setup: Setup | None = None,
    engine: str = "auto",
    deadline: float = 30.0,
    routes: Iterable[str] = (),
) -> Comparison:
    """
    Make the same call on many targets, and return what differs and why.

    Every target gets a fresh bridge with one picture in its album. An embedded server answers for
    every address that is not on this machine, so nothing leaves it.

    Args:
        call: options, or `{"api", "options"}`, in which a `Path` is a file; or the name of a
            `.json` file with either, or of a `.js` file that is run.
        targets: addresses, `all`, or pairs of an address and profile fields to set.
        api: the API of bare options.
        setup: prepares each bridge before the call; what it returns is added to the options.
        engine: `auto`, `node` or `quickjs`, for a `.js` file.
        deadline: seconds a `.js` file may take on one target.
        routes: further origins that the embedded server answers for.

    Raises:
        BridgeError: the call cannot be read or made, a target does not exist, there are fewer than
            two, or no target has the API.
    """
    what = given.read(call, api)
    found = subjects(targets)
    from bridge.sink import UploadServer  # noqa: PLC0415  aiohttp's server takes 0.2 s to import

    async with UploadServer() as server:
        if isinstance(what, given.Logic):
            run = programs.Run(what.file, engine, deadline, tuple(routes), setup)
            seen = [await run.on(subject, server) for subject in found]
        else:
            seen = [await watch(subject, what, server.url, setup) for subject in found]
            _check_api(what.api, seen)
    return _compared(what, seen)


def _check_api(api: str, seen: list[Seen]) -> None:
    if not any(one.records for one in seen):
        names = ", ".join(one.subject.label for one in seen)
        raise BridgeError(f"there is no API {api!r} with callbacks on any of {names}")


def _compared(what: given.Call | given.Logic, seen: list[Seen]) -> Comparison:
    trees = {one.subject.label: one.tree for one in seen}
    places = list(compared(trees))
    differing = [(path, found) for path, found in places if len(split(found)) > 1]
    differing.sort(key=lambda place: rank(place[0]))
    cases = Cases(what.api, seen, [path for path, _ in differing])
    return Comparison(
        call=what.to_json(),
        targets=tuple(trees),
        groups=tuple(map(tuple, alike(trees))),
        compared=len(places),
        differences=tuple(explained(path, cases.at(path, found)) for path, found in differing),
        notes=tuple(dict.fromkeys((*what.notes, *notes(seen)))),
    )
