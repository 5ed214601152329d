"""
Options as given -> options as the host understands them.

Aliases, then empty means absent, then the schema's verdict, then defaults. The schemas constrain
nothing but types, enums and presence, so all this depends on the signature of a call alone: on the
names and brands of its options. What came of it is kept as a `Reading`, which serves every further
call of the same signature.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache, cached_property, partial
from typing import TYPE_CHECKING, Any, NamedTuple, cast

import schemas
from bridge.failure import Failure
from bridge.profile import parse_version
from bridge.reasons import Reason
from bridge.trace import Decisions
from bridge.values import Foreign, brand, js_string, undefined

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from jsonschema.protocols import Validator

    from bridge.profile import Options, Picker, Profile
    from bridge.target import Target
    from bridge.trace import Decision

_VERDICTS_HELD = _READINGS_HELD = 4096
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


class Understood(NamedTuple):
    """
    What the host makes of a call's options.

    `values` holds known options in schema order with defaults filled in; `failure` is set when
    the host refuses the call for them.
    """

    values: Options
    unknown: tuple[str, ...]
    failure: Failure | None = None


class Taken(NamedTuple):
    """An option the host takes: the name it was given under, and what is made of its value."""

    key: str
    given: str
    change: Callable[[object], object] | None = None

    def value(self, given: Options) -> object:
        """Return its value among the options of a call."""
        value = given[self.given]
        return value if self.change is None else self.change(value)


@dataclass(frozen=True, slots=True)
class Reading:
    """
    What the host makes of every call of one signature.

    Attributes:
        template: the understood options in schema order; those with a default hold it.
        taken: the options that were given.
        plain: whether every given option is taken as it is, under its own name.
        unknown: the names of those it does not know.
        idle: the given options that nothing here acts upon.
        failure: why it refuses the call, or None.
        decisions: which rules decided, and how.
    """

    template: Options
    taken: tuple[Taken, ...]
    plain: bool
    unknown: tuple[str, ...]
    idle: tuple[str, ...]
    failure: Failure | None
    decisions: tuple[Decision, ...]

    def values(self, given: Options) -> Options:
        """Return the understood options of a call of this signature."""
        if self.plain:
            return self.template | given
        values = self.template.copy()
        for one in self.taken:
            values[one.key] = one.value(given)
        return values

    def switched_on(self, values: Options) -> list[str]:
        """Return the options a call switched on that nothing here acts upon, for the record."""
        return [key for key in self.idle if values[key]]


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
    reading = reader(target, api).reading(given)
    decisions.extend(reading.decisions)
    values = reading.values(given)
    failure = reading.failure or _empty_list(target.profile.pickers.get(api), values, decisions)
    return Understood(values, reading.unknown, failure)


def _empty_list(picker: Picker | None, values: Options, decisions: Decisions) -> Failure | None:
    """Return why a picker refuses a list in which nothing is, or None."""
    for key, text in picker.empty_lists.items() if picker is not None else ():
        if values.get(key) == []:
            decisions.add("options", "empty_lists", f"{key} is an empty list")
            return Failure(Reason.BAD_PARAMETER, text=text)
    return None


def reader(target: Target, api: str) -> Reader:
    """Return what reads an API's options on a target; raises `KeyError` without a schema."""
    readers = target.once(_readers)
    if api not in readers:
        readers[api] = Reader(target, api)
    return readers[api]


def _readers(target: Target) -> dict[str, Reader]:  # noqa: ARG001  kept with the target
    return {}


class Reader:
    """
    Reads the options of one API as one target's host does, and remembers how by signature.

    Args:
        target: the environment.
        api: the host's API.

    Attributes:
        readings: what is remembered, a few thousand at the most.
    """

    def __init__(self, target: Target, api: str) -> None:
        self._profile = target.profile
        self._rules = rules_for(target, api)
        self.readings: dict[Signature, Reading] = {}
        # The options of whose values more than the brand can count.
        self._judged = {
            key: schema
            for key, schema in self._rules.properties.items()
            if schema.keys() & {"enum", "properties", "items"}
        }

    def reading(self, given: Options) -> Reading:
        """Return the reading of a call, from memory when a call of its signature came before."""
        signature = self.signature(given)
        known = self.readings.get(signature)
        if known is None:
            known = self.fresh(given)
            if len(self.readings) >= _READINGS_HELD:
                self.readings.clear()
            self.readings[signature] = known
        return known

    def signature(self, given: Options) -> Signature:
        """Return all of a call on which its reading can depend."""
        types = tuple(map(type, given.values()))
        # A type has one brand, but for this one.
        brands = tuple(map(brand, given.values())) if Foreign in types else ()
        blank = _blank(given) if self._blank_counts else ()
        judged = tuple([self._look(key, given[key]) for key in self._judged if key in given])
        return (tuple(given), types, brands, blank, judged)

    def fresh(self, given: Options) -> Reading:
        """Work a reading out from a call of its signature."""
        decisions = Decisions()
        names = _aliased(self._profile, given, decisions)
        unknown = tuple(key for key in names if key not in self._rules.properties)
        _note_unknown(self._rules, unknown, decisions)
        taken = self._present(names, given, decisions)
        present = {key: one.value(given) for key, one in taken.items()}
        problems = _worded(verdict(self._rules, present), names, given)
        failure = self._refused(problems, decisions)
        if failure is None:
            for problem in problems:
                self._mend(taken, problem, decisions)
        template = _template(self._rules, taken, filled=failure is None)
        return Reading(
            template=template,
            taken=tuple(taken.values()),
            plain=all(one == Taken(key, key) for key, one in taken.items())
            and len(taken) == len(given),
            unknown=unknown,
            idle=tuple(key for key in taken if key in self._profile.without_effect),
            failure=failure,
            decisions=tuple(decisions),
        )

    @cached_property
    def _blank_counts(self) -> bool:
        return "" in self._profile.empty

    def _look(self, key: str, value: object) -> Signature:
        """Return what the schema can judge inside a value, and which names it does not know."""
        known = _known_inside(self._rules, key)
        strange = () if known is None else _strange(known, value)
        return (signature_of(self._judged[key], value), *strange)

    def _present(
        self, names: Mapping[str, str], given: Options, decisions: Decisions
    ) -> dict[str, Taken]:
        """Return the options that are there, in schema order."""
        present: dict[str, Taken] = {}
        for key in self._rules.properties:
            if key not in names:
                continue
            word = _word(given[names[key]])
            if word is not None and word in self._profile.empty:
                decisions.add("options", "empty", f"{key} is {word or 'an empty string'}: absent")
            else:
                present[key] = self._taken(key, names[key], given, decisions)
        return present

    def _taken(self, key: str, name: str, given: Options, decisions: Decisions) -> Taken:
        """Take one option, without what the schema of a list's items does not list."""
        known = _known_inside(self._rules, key)
        if known is None or brand(given[name]) != "Array":
            return Taken(key, name)
        for strange in _strange(known, given[name]):
            effect = f"{strange} inside {key} is not an option here: dropped"
            decisions.add("options", "unknown_key", effect)
        return Taken(key, name, partial(_without_strange, known))

    def _refused(self, problems: list[Problem], decisions: Decisions) -> Failure | None:
        profile = self._profile
        fatal = [problem for problem in problems if _stops(profile, self._rules, problem)]
        if not fatal:
            return None
        decisions.add("options", "mismatch", self._wrong(fatal[0]))
        return Failure(Reason.BAD_PARAMETER, _text(profile, fatal))

    def _mend(self, taken: dict[str, Taken], problem: Problem, decisions: Decisions) -> None:
        """Drop an option of a wrong type, or read it as text where the host only warns."""
        key, own = problem.key, taken.pop(problem.key, None)
        if own is None:
            decisions.add("options", "mismatch", f"{key} is missing: a warning only")
            return
        warns = self._profile.mismatch == "warn"
        kinds = _kinds(self._rules, key)
        if warns and problem.brand.lower() in kinds:
            taken[key] = own
            decisions.add("options", "mismatch", f"{key} differs inside: a warning only")
            return
        if warns and kinds == ["string"]:
            taken[key] = own._replace(change=js_string)
            decisions.add("options", "mismatch", f"{key} is {problem.brand}: read as text")
            return
        decisions.add("options", "mismatch", f"{self._wrong(problem)}: dropped")

    def _wrong(self, problem: Problem) -> str:
        """Say what is wrong with an option: its type, or else its value."""
        key = problem.key
        if problem.brand.lower() not in _kinds(self._rules, key):
            return f"{key} should be {problem.expected}, not {problem.brand}"
        words = cast("list[object]", self._rules.properties[key].get("enum", ()))
        return (
            f"{key} is none of {', '.join(map(str, words))}" if words else f"{key} is wrong inside"
        )


def _aliased(profile: Profile, given: Options, decisions: Decisions) -> dict[str, str]:
    """Return the host's names of the given options -> the names they were given under."""
    names = dict(zip(given, given, strict=True))
    for other, own in profile.option_aliases.items():
        if other in names:
            name = names.pop(other)
            if _word(given[name]) not in profile.empty:
                names[own] = name
                decisions.add("options", "option_aliases", f"{other} is read as {own}")
    return names


def _blank(given: Options) -> tuple[str, ...]:
    return tuple([key for key, value in given.items() if _word(value) == ""])


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


def _known_inside(rules: Rules, key: str) -> Mapping[str, Schema] | None:
    """Return what the schema of a list's items lists, None where it lists nothing."""
    items = cast("Schema", rules.properties[key].get("items", {}))
    return cast("Mapping[str, Schema] | None", items.get("properties"))


def _strange(known: Mapping[str, Schema], value: object) -> list[str]:
    """Return the names in the objects of a list that its schema does not know, sorted."""
    items = value if isinstance(value, (list, tuple)) else ()
    given = {name for item in items if isinstance(item, dict) for name in item}
    return sorted(given - known.keys())


def _without_strange(known: Mapping[str, Schema], value: object) -> object:
    return [
        {name: inner for name, inner in item.items() if name in known}
        if isinstance(item, dict)
        else item
        for item in cast("list[object]", value)
    ]


def _stops(profile: Profile, rules: Rules, problem: Problem) -> bool:
    if profile.mismatch == "warn":
        return False
    return profile.mismatch == "fail" or problem.key in rules.required


def _worded(
    problems: tuple[Problem, ...], names: Mapping[str, str], given: Options
) -> list[Problem]:
    """Give a missing option the brand of what stood in its place."""
    return [
        Problem(p.key, p.expected, brand(given[names[p.key]]), missing=True)
        if p.missing and p.key in names
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


def _template(rules: Rules, taken: Mapping[str, Taken], *, filled: bool) -> Options:
    """Return every understood option in schema order, the defaults filled in."""
    template: Options = {}
    for key, schema in rules.properties.items():
        if key in taken or (filled and "default" in schema):
            template[key] = schema.get("default")
    return template


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


def _kinds(rules: Rules, key: str) -> list[str]:
    """Return the types an option may have."""
    kind = rules.properties[key].get("type", "string")
    return kind if isinstance(kind, list) else [str(kind)]


def _problem(rules: Rules, present: Options, key: str) -> Problem:
    expected = " or ".join(_kinds(rules, key))
    if key not in present:
        return Problem(key, expected, "Undefined", missing=True)
    return Problem(key, expected, brand(present[key]))
