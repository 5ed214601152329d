"""The target grammar: `[LAYER/]PROFILE[@VERSION]` names one emulated environment."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, TypeVar, cast

from bridge import registry
from bridge.errors import BridgeError
from bridge.profile import (
    Device,
    Layer,
    Paths,
    Picker,
    Profile,
    RequestProfile,
    Text,
    Version,
    parse_version,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

T = TypeVar("T")

_FIXED = {
    "name",
    "aliases",
    "namespace",
    "title",
    "schema",
    "layers_only",
    "sources",
    "version_counts",
}
_HELD: dict[str, type | tuple[type, ...]] = {
    "bool": bool,
    "str": str,
    "tuple": tuple,
    "frozenset": (set, frozenset),
    "Mapping": Mapping,
    "RequestProfile": RequestProfile,
    "Device": Device,
    "Paths": Paths,
    "Text": Text,
}
_NUMBERS: dict[str, type | tuple[type, ...]] = {"int": int, "float": (int, float)}
_VERSION = re.compile(r"\d+(\.\d+)*")


@dataclass(frozen=True)
class Target:
    """
    One emulated environment, resolved.

    Attributes:
        name: the canonical address, such as `uni/my:ide@10.2.90`.
        profile: the host, overrides and older behaviour applied.
        layers: the layers above it, outermost first.
        version: the version after `@`, or None for the newest.
    """

    name: str
    profile: Profile
    layers: tuple[Layer, ...]
    version: Version | None

    def has(self, key: str) -> bool:
        """Tell whether `KIND.NAME` of the profile exists in this version."""
        return self.reached(self.profile.since.get(key)) and not (
            key in self.profile.until and self.reached(self.profile.until[key])
        )

    @property
    def title(self) -> str:
        """A few words for people on the whole stack, outermost first."""
        return " over ".join([*(layer.title for layer in self.layers), self.profile.title])

    @cached_property
    def requesting(self) -> Target | None:
        """The same environment as its `request` sees it; None where the host has no such API."""
        own = self.profile.request
        if own is None:
            return None
        shared = {f.name for f in fields(Profile)} & {f.name for f in fields(RequestProfile)}
        values = {name: getattr(own, name) for name in shared}
        values["texts"] = {**self.profile.texts, **own.texts}
        values["sources"] = {**self.profile.sources, **own.sources}
        return replace(self, profile=replace(self.profile, **values))

    @cached_property
    def success_keys(self) -> tuple[str, ...]:
        """The keys of the success object in this version."""
        return tuple(key for key in self.profile.success if self.has(f"success.{key}"))

    @cached_property
    def fail_keys(self) -> tuple[str, ...]:
        """The keys the fail object may have in this version."""
        return tuple(key for key in self.profile.fail if self.has(f"fail.{key}"))

    @cached_property
    def profile_fields(self) -> tuple[str, ...]:
        """The names in `res.profile` in this version."""
        return tuple(n for n in self.profile.profile_fields if self.has(f"profile.{n}"))

    @cached_property
    def _made(self) -> dict[Callable[[Target], object], object]:
        return {}

    def once(self, make: Callable[[Target], T]) -> T:
        """Return what a function of a module makes of this target; it is called a single time."""
        if make not in self._made:
            self._made[make] = make(self)
        return cast("T", self._made[make])

    def reached(self, since: str | None) -> bool:
        """Tell whether this version is `since` or newer; no version means the newest."""
        return since is None or self.version is None or self.version >= parse_version(since)


def resolve(text: str, overrides: Mapping[str, object] | None = None) -> Target:
    """
    Resolve an address and apply overrides by field name.

    Raises:
        BridgeError: no text, an unknown platform, layer or field, a value the field cannot take,
            or a layer that does not run over that host.
    """
    if not isinstance(text, str):
        message = f"a target is a text such as 'wx', not {text!r}"
        raise BridgeError(message)
    target = _resolved(text)
    return _overridden(target, overrides) if overrides else target


@lru_cache(maxsize=256)
def _resolved(text: str) -> Target:
    """Resolve an address; every bridge on it shares the target and what was made of it."""
    address, at, version = text.partition("@")
    if at and not _VERSION.fullmatch(version):
        message = f"bad version in target {text!r}: {version!r} is not numbers and dots"
        raise BridgeError(message)
    layer, profile = _platforms(address)
    number = parse_version(version) if at else None
    layers = _stack(layer)
    name = f"{layer.name}/{profile.name}" if layer else profile.name
    aged = _aged(profile, number)
    return _overridden(Target(f"{name}{at}{version}", aged, layers, number), {})


def _platforms(address: str) -> tuple[Layer | None, Profile]:
    above, slash, below = address.rpartition("/")
    platform = registry.load(below)
    if not slash:
        if isinstance(platform, Layer):
            return platform, _profile(platform.default)
        return _alone(platform)
    layer = registry.load(above)
    if not isinstance(layer, Layer) or not isinstance(platform, Profile):
        message = f"bad target {address!r}: it must be LAYER/PROFILE[@VERSION] or PROFILE[@VERSION]"
        raise BridgeError(message)
    return _over(layer, platform)


def _profile(name: str) -> Profile:
    platform = registry.load(name)
    if not isinstance(platform, Profile):
        message = f"{name!r} is a layer; a profile is needed"
        raise BridgeError(message)
    return platform


def _alone(profile: Profile) -> tuple[None, Profile]:
    if profile.layers_only:
        above = ", ".join(f"{layer.name}/{profile.name}" for layer in _layers_over(profile))
        message = f"no mini-program calls {profile.name!r} directly; name a layer: {above}"
        raise BridgeError(message)
    return None, profile


def _over(layer: Layer, profile: Profile) -> tuple[Layer, Profile]:
    if not _runs_over(layer, profile):
        known = ", ".join(
            f"{layer.name}/{p.name}" for p in registry.profiles() if _runs_over(layer, p)
        )
        message = f"{layer.name} does not run over {profile.name}; it runs as: {known}"
        raise BridgeError(message)
    return layer, profile


def _runs_over(layer: Layer, profile: Profile) -> bool:
    return layer.over is None or (profile.namespace in layer.over and not profile.layers_only)


def _layers_over(profile: Profile) -> list[Layer]:
    return [layer for layer in registry.layers() if _runs_over(layer, profile)]


def _stack(layer: Layer | None) -> tuple[Layer, ...]:
    if layer is None:
        return ()
    below = registry.load(layer.below) if layer.below else None
    return (layer, *_stack(below if isinstance(below, Layer) else None))


def _aged(profile: Profile, version: Version | None) -> Profile:
    if version is None:
        return profile
    # The newest first, so that what held longest ago has the last word.
    for limit in sorted(profile.older, key=parse_version, reverse=True):
        if version < parse_version(limit):
            values = {k: _taken(profile, k, v) for k, v in profile.older[limit].items()}
            profile = replace(profile, **values)  # type: ignore[arg-type]
    return profile


def _overridden(target: Target, overrides: Mapping[str, object]) -> Target:
    profile, layers = target.profile, list(target.layers)
    for key, value in overrides.items():
        for place, layer in enumerate(layers):
            if _has_reading(layer, key):
                layers[place] = replace(layer, **{key: _taken(layer, key, value)})  # type: ignore[arg-type]
                break
        else:
            if key in _FIXED or not _has_reading(profile, key):
                raise BridgeError(registry.unknown("profile field", key, _readings(target)))
            profile = replace(profile, **{key: _taken(profile, key, value)})  # type: ignore[arg-type]
    _check_limit(profile)
    return replace(target, profile=profile, layers=tuple(layers))


def _has_reading(platform: Profile | Layer, key: str) -> bool:
    if isinstance(platform, Layer):
        return key in ("use_promise", "domain") and getattr(platform, key) is not None
    return any(field.name == key for field in fields(platform))


def _readings(target: Target) -> list[str]:
    own = [f.name for f in fields(target.profile) if f.name not in _FIXED]
    above = [
        f.name for layer in target.layers for f in fields(layer) if _has_reading(layer, f.name)
    ]
    return sorted(own + above)


def _taken(platform: Profile | RequestProfile | Layer, key: str, value: object) -> object:
    """Check a value against the field's annotation where that lists words, numbers or flags."""
    current = getattr(platform, key)
    if isinstance(current, RequestProfile) and isinstance(value, Mapping):
        return _requested(current, value)
    if key == "pickers" and isinstance(value, Mapping):
        partly = any(isinstance(picker, Mapping) for picker in value.values())
        return {**current, **_pickers(current, value)} if partly else value
    kind = next(str(field.type) for field in fields(platform) if field.name == key)
    words = re.findall(r"'([^']+)'", kind) if kind.startswith("Literal") else []
    if value is None and "None" in kind:
        return value
    if not _fits(kind, words, value):
        message = f"{key}={value!r} is not possible; {key} is {' or '.join(words) or kind}"
        raise BridgeError(message)
    return value


def _requested(request: RequestProfile, given: Mapping[str, object]) -> RequestProfile:
    """Return a request's rules with the named fields replaced."""
    names = [field.name for field in fields(request) if field.name != "sources"]
    for key in given:
        if key not in names:
            raise BridgeError(registry.unknown("request field", key, names))
    taken = {key: _taken(request, key, value) for key, value in given.items()}
    request = replace(request, **taken)  # type: ignore[arg-type]
    _check_limit(request)
    return request


def _pickers(known: Mapping[str, Picker], given: Mapping[str, object]) -> dict[str, object]:
    """Return pickers with the named fields of each replaced; a whole one is taken as it is."""
    names = [field.name for field in fields(Picker)]
    for api, values in given.items():
        if api not in known:
            raise BridgeError(registry.unknown("picker", api, list(known)))
        for key in values if isinstance(values, Mapping) else ():
            if key not in names:
                raise BridgeError(registry.unknown("picker field", key, names))
    return {
        api: replace(known[api], **values) if isinstance(values, Mapping) else values
        for api, values in given.items()
    }


def _check_limit(rules: Profile | RequestProfile) -> None:
    if rules.limit == 0 and rules.overflow == "queue":
        message = "limit=0 lets no call run: set overflow='reject' as well, or another limit"
        raise BridgeError(message)


def _fits(kind: str, words: list[str], value: object) -> bool:
    if words:
        return value in words
    number = next((held for name, held in _NUMBERS.items() if kind.startswith(name)), None)
    if number is not None:
        counts = isinstance(value, number) and not isinstance(value, bool)
        return counts and 0 <= cast("float", value) < math.inf
    held = next((held for name, held in _HELD.items() if kind.startswith(name)), object)
    return isinstance(value, held)


def from_text(key: str, text: str, target: Target) -> object:
    """Turn the `VALUE` of `--set FIELD=VALUE` into what the field holds: a word, number or flag."""
    platforms: tuple[Profile | Layer, ...] = (target.profile, *target.layers)
    kinds = [str(f.type) for platform in platforms for f in fields(platform) if f.name == key]
    kind = kinds[0] if kinds else ""
    if text.lower() == "none" and kind.endswith("None"):
        return None
    if kind.startswith("int") and re.fullmatch(r"-?\d+", text):
        return int(text)
    return {"true": True, "false": False}.get(text.lower(), text) if kind == "bool" else text


def all_names() -> Iterator[str]:
    """Yield the address of every target that exists, hosts first, then layers over them."""
    profiles = registry.profiles()
    yield from (profile.name for profile in profiles if not profile.layers_only)
    for layer in registry.layers():
        yield from (f"{layer.name}/{p.name}" for p in profiles if _runs_over(layer, p))
