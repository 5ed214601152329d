"""jsonschema with JavaScript's types: the validators behind the option rules."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from jsonschema import Draft202012Validator, ValidationError
from jsonschema.validators import extend

import schemas
from bridge.values import brand

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from jsonschema.protocols import Validator

_TYPES = {
    "string": ("String",),
    "number": ("Number",),
    "boolean": ("Boolean",),
    "object": ("Object", "File"),
    "array": ("Array",),
}


def _is(kind: str, value: object) -> bool:
    return brand(value) in _TYPES[kind]


_checker = Draft202012Validator.TYPE_CHECKER.redefine_many(
    {kind: (lambda _, value, kind=kind: _is(kind, value)) for kind in _TYPES}
)


def _of_plain_objects(keyword: str) -> Callable[..., Iterator[ValidationError]]:
    """Return a rule about members that leaves a File alone: its members are not options."""
    rule = Draft202012Validator.VALIDATORS[keyword]

    def apply(
        validator: Validator, value: object, instance: object, schema: object
    ) -> Iterator[ValidationError]:
        if isinstance(instance, dict):
            yield from rule(validator, value, instance, schema) or ()

    return apply


_JsValidator = extend(  # type: ignore[no-untyped-call]
    Draft202012Validator,
    {keyword: _of_plain_objects(keyword) for keyword in ("properties", "required")},
    type_checker=_checker,
)


def validator(schema: Mapping[str, object]) -> Validator:
    """Return a validator for Python values that stand for JavaScript's."""
    return cast("Validator", _JsValidator(dict(schema), registry=schemas.registry()))
