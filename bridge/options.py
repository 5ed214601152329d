"""
Options as given -> options as the host understands them.

Aliases, then empty means absent, then the schema's verdict, then defaults. The schemas constrain
nothing but types, enums and presence, so a verdict depends on the type signature of a call alone:
validators are built once and verdicts are cached by signature.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache, cached_property
from typing import TYPE_CHECKING, Any, cast

import schemas
from bridge.profile import parse_version
from bridge.reasons import Failure, Reason
from bridge.values import brand, js_string, undefined

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from jsonschema.protocols import Validator

    from bridge.profile import Options, Profile
    from bridge.target import Target
    from bridge.trace import Decisions

_VERDICTS_HELD = 4096
Signature = tuple[object, ...]
Schema = dict[str, object]


@dataclass(frozen=True, slots=True)
class Problem:
    """
    One way in which a call breaks its schema.

    `key` is the top-level option, `brand` what was given (`Undefined` when it was not).
    """

    key: str
    expected: str
    brand: str
    missing: bool = False


@dataclass(frozen=True, slots=True)
class Understood:
    """
    What the host makes of a call's options.

    `values` holds known options in schema order with defaults filled in; `failure` is set when
    the host refuses the call for them.
    """

    values: Options
    unknown: tuple[str, ...]
    failure: Failure | None = None


@dataclass(frozen=True)
class Rules:
    """An API's options schema as one profile in one version reads it."""

    schema: Schema
    required: frozenset[str]
    hidden: dict[str, str] = field(default_factory=dict)
    verdicts: dict[Signature, tuple[Problem, ...]] = field(default_factory=dict)

    @property
    def properties(self) -> Mapping[str, Schema]:
        """The known options in schema order."""
        return cast("Mapping[str, Schema]", self.schema["properties"])

    def default(self, key: str) -> object:
        """Return an option's default, None where it has none."""
        return self.properties.get(key, {}).get("default")

    @cached_property
    def validator(self) -> Validator:
        """The validator, built once; jsonschema takes 70 ms to import, so only when needed."""
        from bridge.validation import validator  # noqa: PLC0415

        return validator(self.schema)


def rules_for(target: Target, api: str) -> Rules:
    """Return the rules of an API on a target; raises `KeyError` for an API without a schema."""
    profile = target.profile
    version = ".".join(map(str, target.version)) if target.version else ""
    return _rules(profile.schema, api, version, profile.file_type)


@cache
def _rules(folder: str, api: str, version: str, file_type: str | None) -> Rules:
    whole = schemas.load(folder, api)
    properties = cast("dict[str, Schema]", whole["properties"])
    known, hidden = _at_version(properties, version)
    required = frozenset(cast("list[str]", whole.get("required", ()))) & known.keys()
    if file_type in ("checked", "ignored"):
        required -= {"fileType"}
    if file_type == "ignored" and "fileType" in known:
        known = {**known, "fileType": {}}
    schema: Schema = {"type": "object", "properties": known, "required": sorted(required)}
    return Rules(schema, required, hidden)


def _at_version(
    properties: Mapping[str, Schema], version: str
) -> tuple[dict[str, Schema], dict[str, str]]:
    """Split the options into those this version knows and those it does not, with their since."""
    now = parse_version(version) if version else None
    since = {key: str(schema.get("x-since", "0")) for key, schema in properties.items()}
    hidden = {k: s for k, s in since.items() if now and now < parse_version(s)}
    return {k: v for k, v in properties.items() if k not in hidden}, hidden


def understand(target: Target, api: str, given: Options, decisions: Decisions) -> Understood:
    """
    Read the options of one call as the target's host does.

    Args:
        target: the environment.
        api: the host's API, such as `uploadFile`.
        given: the options without callbacks, in the caller's order.
        decisions: collects what was decided and why.
    """
    profile, rules = target.profile, rules_for(target, api)
    named = _aliased(profile, given, decisions)
    unknown = tuple(key for key in named if key not in rules.properties)
    _note_unknown(rules, unknown, decisions)
    present = _present(profile, rules, named, decisions)
    problems = _worded(verdict(rules, present), named)
    fatal = [problem for problem in problems if _stops(profile, rules, problem)]
    if fatal:
        first = fatal[0]
        effect = f"{first.key} should be {first.expected}, not {first.brand}"
        decisions.add("options", "mismatch", effect)
        return Understood(present, unknown, Failure(Reason.BAD_PARAMETER, _text(profile, fatal)))
    for problem in problems:
        _mend(profile, rules, present, problem, decisions)
    return Understood(_filled(rules, present), unknown)


def _aliased(profile: Profile, given: Options, decisions: Decisions) -> Options:
    named = dict(given)
    for other, own in profile.option_aliases.items():
        if other in named:
            value = named.pop(other)
            if _word(value) not in profile.empty:
                named[own] = value
                decisions.add("options", "option_aliases", f"{other} is read as {own}")
    return named


def _note_unknown(rules: Rules, unknown: tuple[str, ...], decisions: Decisions) -> None:
    for key in unknown:
        since = rules.hidden.get(key)
        why = f"{key} exists from {since} on" if since else f"{key} is not an option here"
        decisions.add("options", "unknown_key", f"{why}: dropped")


def _word(value: object) -> str | None:
    """Name a value the way `Profile.empty` does; None for a value that is never empty."""
    if value is None:
        return "null"
    if value is undefined:
        return "undefined"
    return "" if isinstance(value, str) and not value else None


def _present(profile: Profile, rules: Rules, named: Options, decisions: Decisions) -> Options:
    present: Options = {}
    for key in rules.properties:
        if key not in named:
            continue
        word = _word(named[key])
        if word is not None and word in profile.empty:
            decisions.add("options", "empty", f"{key} is {word or 'an empty string'}: absent")
        else:
            present[key] = _known_inside(rules, key, named[key], decisions)
    return present


def _known_inside(rules: Rules, key: str, value: object, decisions: Decisions) -> object:
    """Drop from the objects of a list what the schema of its items does not list."""
    items = cast("Schema", rules.properties[key].get("items", {}))
    known = cast("Mapping[str, Schema] | None", items.get("properties"))
    if known is None or not isinstance(value, list):
        return value
    given = {name for item in value if isinstance(item, dict) for name in item}
    for name in sorted(given - known.keys()):
        effect = f"{name} inside {key} is not an option here: dropped"
        decisions.add("options", "unknown_key", effect)
    return [
        {name: inner for name, inner in item.items() if name in known}
        if isinstance(item, dict)
        else item
        for item in value
    ]


def _stops(profile: Profile, rules: Rules, problem: Problem) -> bool:
    if profile.mismatch == "warn":
        return False
    return profile.mismatch == "fail" or problem.key in rules.required


def _worded(problems: tuple[Problem, ...], named: Options) -> list[Problem]:
    """Give a missing option the brand of what stood in its place."""
    return [
        Problem(p.key, p.expected, brand(named[p.key]), missing=True)
        if p.missing and p.key in named
        else p
        for p in problems
    ]


def _text(profile: Profile, problems: list[Problem]) -> dict[str, object]:
    chosen = problems if profile.problems == "all" else problems[:1]
    template = {True: profile.missing or profile.problem, False: profile.problem}
    texts = [
        template[p.missing].format(
            key=p.key, expected=p.expected.capitalize(), type=p.expected, brand=p.brand
        )
        for p in chosen
    ]
    return {"problems": "".join(texts), "detail": ", ".join(p.key for p in problems)}


def _mend(
    profile: Profile, rules: Rules, present: Options, problem: Problem, decisions: Decisions
) -> None:
    """Drop an option of a wrong type, or read it as text where the host only warns."""
    value = present.pop(problem.key, undefined)
    if value is undefined:
        decisions.add("options", "mismatch", f"{problem.key} is missing: a warning only")
        return
    warns, kind = profile.mismatch == "warn", rules.properties[problem.key].get("type")
    if warns and problem.brand.lower() in (kind if isinstance(kind, list) else [kind]):
        present[problem.key] = value
        decisions.add("options", "mismatch", f"{problem.key} differs inside: a warning only")
        return
    if warns and kind == "string":
        present[problem.key] = js_string(value)
        decisions.add("options", "mismatch", f"{problem.key} is {problem.brand}: read as text")
        return
    effect = f"{problem.key} should be {problem.expected}, not {problem.brand}: dropped"
    decisions.add("options", "mismatch", effect)


def _filled(rules: Rules, present: Options) -> Options:
    filled: Options = {}
    for key, schema in rules.properties.items():
        if key in present:
            filled[key] = present[key]
        elif "default" in schema:
            filled[key] = schema["default"]
    return filled


def verdict(rules: Rules, present: Options) -> tuple[Problem, ...]:
    """Return the problems of a call, from the cache when a call of the same types came before."""
    signature = signature_of(rules.schema, present)
    known = rules.verdicts.get(signature)
    if known is None:
        known = tuple(fresh_verdict(rules, present))
        if len(rules.verdicts) >= _VERDICTS_HELD:
            rules.verdicts.clear()
        rules.verdicts[signature] = known
    return known


def signature_of(schema: Schema, value: object) -> Signature:
    """Return all of a value that this schema can judge: brands, and what an enum says of it."""
    name = brand(value)
    if "enum" in schema:
        return (name, value in cast("list[object]", schema["enum"]))
    if name == "Object" and "properties" in schema:
        properties = cast("dict[str, Schema]", schema["properties"])
        members = cast("Options", value)
        return tuple(
            (key, signature_of(inner, members[key]))
            for key, inner in properties.items()
            if key in members
        )
    if name == "Array" and "items" in schema:
        inner = cast("Schema", schema["items"])
        items = cast("list[object]", value)
        return (name, frozenset(signature_of(inner, item) for item in items))
    return (name,)


def fresh_verdict(rules: Rules, present: Options) -> Iterator[Problem]:
    """Ask jsonschema; yields at most one problem a top-level option, in schema order."""
    found: dict[str, Problem] = {}
    for error in rules.validator.iter_errors(cast("Any", present)):
        for key in _keys(error.validator, error.path, error.validator_value, present):
            if key not in found:
                found[key] = _problem(rules, present, key)
    yield from (found[key] for key in rules.properties if key in found)


def _keys(keyword: object, path: object, value: object, present: Options) -> list[str]:
    steps = list(cast("list[str]", path))
    if steps:
        return [steps[0]]
    return (
        [key for key in cast("list[str]", value) if key not in present]
        if keyword == "required"
        else []
    )


def _problem(rules: Rules, present: Options, key: str) -> Problem:
    expected = str(rules.properties[key].get("type", "string"))
    if key not in present:
        return Problem(key, expected, "Undefined", missing=True)
    return Problem(key, expected, brand(present[key]))
