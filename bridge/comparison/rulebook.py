"""The rules of one target by name, each with what it says there and where it is written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, cast

from bridge.comparison.model import Cause
from bridge.facts import facts
from bridge.layers import REQUEST
from bridge.profile import Source, parse_version

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bridge.comparison.witness import Subject
    from bridge.facts import Fact
    from bridge.profile import Layer, Profile

    Facts = Mapping[str, Fact]

_SHOWN = 90
_WORDS = {True: "yes", False: "no", None: "none", "": "none"}


class Shelf:
    """The facts of platforms by entry, gathered once for all targets that share a platform."""

    def __init__(self) -> None:
        self._held: dict[int, tuple[Profile | Layer, Facts]] = {}

    def facts(self, platform: Profile | Layer) -> Facts:
        """Return what is known of a platform."""
        # A profile cannot be hashed; that it is held here keeps its number its own.
        if id(platform) not in self._held:
            found = {fact.entry: fact for fact in facts(platform)}
            self._held[id(platform)] = (platform, found)
        return self._held[id(platform)][1]


class Rulebook:
    """
    What is known of one target.

    Args:
        subject: the target.
        shelf: where the facts of its platforms are.
    """

    def __init__(self, subject: Subject, shelf: Shelf) -> None:
        self._subject = subject
        self._target = subject.target
        self._host = shelf.facts(subject.target.profile)
        self._layers = {layer.name: shelf.facts(layer) for layer in subject.target.layers}

    def rule(self, name: str, api: str) -> Cause | None:
        """Return a rule of the host, as it is for this API; None where nothing is known of it."""
        fact = self._fact(name, api)
        if fact is None:
            return None
        return self._chosen(fact) or self._older(fact) or _cause(fact)

    def layer_rule(self, layer: str, name: str) -> Cause | None:
        """Return a rule of one of the layers above the host, named `LAYER.FIELD`."""
        fact = self._layers[layer].get(f"layer.{name}")
        if fact is None:
            return None
        named = replace(_cause(fact), rule=f"{layer}.{name}")
        chosen = name in self._subject.overrides
        return replace(named, source=None, chosen=True) if chosen else named

    def option(self, api: str, key: str) -> Cause | None:
        """Return what the host's page says of an option, or that it does not list it."""
        entry = f"{api}.option."
        fact = self._host.get(f"{entry}{key}")
        if fact is None:
            return self._unlisted(entry, key)
        if not self._target.reached(fact.since):
            return replace(_cause(fact), says=f"from {fact.since} on")
        return replace(_cause(fact), says=_option(cast("Mapping[str, Any]", fact.value)))

    def phone_texts(self, api: str, result: str) -> Iterator[str]:
        """Yield the names of the texts of a phone's API that may stand in a result."""
        for entry, fact in self._host.items():
            if entry.startswith(f"device.{api}.texts."):
                text = cast("dict[str, str]", fact.value)["message"].replace("{api}", api)
                if text.partition("{")[0] in result:
                    yield entry

    def since(self, key: str, api: str) -> Cause | None:
        """Return since when, or until when, an API has a `KIND.NAME` that this version lacks."""
        target = (self._target.requesting if api == REQUEST else None) or self._target
        fact = self._fact("since", api)
        if fact is None or target.has(key):
            return None
        name, profile = key.partition(".")[2], target.profile
        if target.reached(profile.since.get(key)):
            fact = self._host.get("until", fact)
            return replace(_cause(fact), says=f"{name} until {profile.until[key]}")
        return replace(_cause(fact), says=f"{name} from {profile.since[key]} on")

    def _fact(self, name: str, api: str) -> Fact | None:
        own = f"request.{name}" if api == REQUEST else name
        return self._host.get(own) or self._host.get(name)

    def _chosen(self, fact: Fact) -> Cause | None:
        field, _, inner = fact.entry.partition(".")
        given = self._subject.overrides.get(field)
        set_inside = field == REQUEST and isinstance(given, dict) and inner in given
        if fact.entry in self._subject.overrides or set_inside:
            return replace(_cause(fact), source=None, chosen=True)
        return None

    def _older(self, fact: Fact) -> Cause | None:
        """Return the rule for old versions that stands behind a field of this one."""
        version, older = self._target.version, self._host.get("older")
        dated = self._target.profile.older
        for limit in sorted(dated, key=parse_version):
            holds = _holds(dated[limit], fact.entry)
            if version and older and version < parse_version(limit) and holds:
                return Cause(fact.entry, f"{told(fact.value)}, before {limit}", older.source)
        return None

    def _unlisted(self, entry: str, key: str) -> Cause | None:
        listed = {name: fact for name, fact in self._host.items() if name.startswith(entry)}
        if not listed:
            return None
        page, names = next(iter(listed.values())).source, [n.removeprefix(entry) for n in listed]
        note = f"by absence: it lists {', '.join(names)}"
        source = Source(page.status, page.address, page.date, note)
        return Cause(f"{entry}{key}", "no such option", source)


def _holds(values: Mapping[str, object], entry: str) -> bool:
    """Tell whether older values hold a field, or one of a request's."""
    field, _, inner = entry.partition(".")
    held = values.get(field)
    return inner in held if inner and isinstance(held, Mapping) else entry in values


def _cause(fact: Fact) -> Cause:
    return Cause(fact.entry, told(fact.value), fact.source)


def _option(known: Mapping[str, Any]) -> str:
    return ", ".join(_option_words(known))


def _option_words(known: Mapping[str, Any]) -> Iterator[str]:
    kind = known.get("type", "any type")
    yield " or ".join(kind) if isinstance(kind, list) else str(kind)
    if known.get("required"):
        yield "required"
    if "default" in known:
        yield f"default {told(known['default'])}"


def told(value: object) -> str:
    """Return what a rule says in a few words."""
    text = _told(value)
    if len(text) <= _SHOWN:
        return text
    return f"{len(value)} names" if isinstance(value, (list, dict)) else f"{text[: _SHOWN - 3]}..."


def _told(value: object) -> str:
    if isinstance(value, dict):
        if "result" in value:
            return _told(value["result"])
        if "message" in value:
            return f"{value['message']}" + (f" ({value['code']})" if value["code"] else "")
        return ", ".join(value) or "none"
    if isinstance(value, list):
        return ", ".join(map(_told, value)) or "none"
    if value is None or isinstance(value, (bool, str)):
        return _WORDS.get(value, str(value))
    return str(value)
