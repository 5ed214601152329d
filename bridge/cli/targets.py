"""
`minibridge targets`: every target, under the host it ends in; or all that is known of one.

What a host decides stands in its heading; a layer above it changes only what the rows show.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bridge import layers, outcome, registry
from bridge.cli import fields
from bridge.cli.asked import overrides_for
from bridge.look import Cell, Row, Table
from bridge.target import all_names, resolve

if TYPE_CHECKING:
    from argparse import Namespace

    from bridge.look import Screen
    from bridge.profile import Profile
    from bridge.target import Target

_WITHOUT = " without callbacks"


def run(args: Namespace, screen: Screen) -> int:
    """List the targets, or explain the named one."""
    if args.name is not None:
        fields.explain(resolve(args.name, overrides_for(args.name, args.set)), args, screen)
        return 0
    found = [_line(resolve(name, overrides_for(name, args.set))) for name in all_names()]
    if args.json:
        screen.json([line.to_json() for line in found])
    else:
        _show(found, screen)
    return 0


@dataclass(frozen=True, slots=True)
class Line:
    """One target in the list."""

    target: Target
    aliases: tuple[str, ...]
    returns: str
    fails_with: tuple[str, ...]

    def to_json(self) -> dict[str, object]:
        """Return the line as data."""
        profile = self.target.profile
        return {
            "target": self.target.name,
            "aliases": list(self.aliases),
            "title": self.target.title,
            "version_counts": profile.version_counts,
            "limit": profile.limit,
            "overflow": profile.overflow,
            "status_code": profile.status_code,
            "returns": self.returns,
            "fail": list(self.fails_with),
        }


def _line(target: Target) -> Line:
    return Line(target, _aliases(target), _returns(target), _fail_keys(target))


def _aliases(target: Target) -> tuple[str, ...]:
    if not target.layers:
        return target.profile.aliases
    layer = target.layers[0]
    return (layer.name,) if layer.default == target.profile.name else ()


def _returns(target: Target) -> str:
    """Return what `uploadFile` hands back, and whether it depends on the callbacks given."""
    described = layers.describe(target)[layers.main_namespace(target)]
    api = described[layers.own_name(target, layers.UPLOAD)]
    if api.promise == "never" or api.returns == "promise":
        return api.returns
    return f"{api.returns} or a promise{_WITHOUT}" if "without" in api.promise else "promise"


def _fail_keys(target: Target) -> tuple[str, ...]:
    shape = outcome.fail_object(target, "uploadFile:fail", 0, "", layers.UPLOAD)
    return tuple(layers.up(target.layers, target.profile, layers.UPLOAD, shape))


def _show(found: list[Line], screen: Screen) -> None:
    name, fails = (max(map(len, texts)) for texts in zip(*map(_words, found), strict=True))
    screen.line(Cell(f"  {'TARGET':{name}}  {'FAIL GETS':{fails}}  RETURNS", "dim"))
    for host in dict.fromkeys(line.target.profile.name for line in found):
        group = [line for line in found if line.target.profile.name == host]
        profile = group[0].target.profile
        screen.write("")
        screen.line(Cell(profile.title, "bold"), Cell(f"  {_facts(profile)}", "dim"))
        rows = [_row(line, name, fails) for line in group]
        screen.table(Table(("", "", ""), rows), 2)
    screen.write("")
    told = "`or a promise`: in place of the rest, when the call is given no callback."
    screen.paragraph(told, "dim")
    for entry, why in registry.broken().items():
        screen.line(Cell(f"{entry}: ", "bad"), Cell(why))


def _words(line: Line) -> tuple[str, str]:
    return ", ".join((line.target.name, *line.aliases)), ", ".join(line.fails_with)


def _row(line: Line, name: int, fails: int) -> Row:
    names, keys = _words(line)
    returns = line.returns.removesuffix(_WITHOUT)
    return Row((Cell(names.ljust(name), "name"), Cell(keys.ljust(fails)), Cell(returns)))


def _facts(profile: Profile) -> str:
    full = {"queue": "more wait", "reject": "more fail"}[profile.overflow]
    at_once = "no limit" if profile.limit is None else f"{profile.limit} at once, {full}"
    status = {"number": "200", "string": '"200"'}[profile.status_code]
    return f"@{profile.version_counts}, statusCode {status}, {at_once}"
