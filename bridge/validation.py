"""jsonschema with JavaScript's types: the validators behind the option rules."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from jsonschema import Draft202012Validator
from jsonschema.validators import extend

import schemas
from bridge.values import brand

if TYPE_CHECKING:
    from collections.abc import Mapping

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
_JsValidator = extend(Draft202012Validator, type_checker=_checker)  # type: ignore[no-untyped-call]


def validator(schema: Mapping[str, object]) -> Validator:
    """Return a validator for Python values that stand for JavaScript's."""
    return cast("Validator", _JsValidator(dict(schema), registry=schemas.registry()))
