"""What the fields of a platform mean, in the words of the records they belong to."""

from __future__ import annotations

import ast
import inspect
import re
from functools import cache
from itertools import pairwise
from typing import TYPE_CHECKING

from bridge import profile

if TYPE_CHECKING:
    from collections.abc import Iterator

_ATTRIBUTE = re.compile(r"^ {4}(\w+): (.+(?:\n {6,}.+)*)", re.MULTILINE)
_PLACES = {"Profile": "", "RequestProfile": "request.", "Device": "device.", "Layer": "layer."}


@cache
def meanings() -> dict[str, str]:
    """Return entry -> one sentence, for every entry that is a field with a docstring."""
    classes = _classes()
    told = {
        place + field: meaning
        for name, place in _PLACES.items()
        for field, meaning in _of_class(classes[name])
    }
    # A field of a request without words of its own stands in the place of the upload's.
    replaced = {f"request.{field}": text for field, text in told.items() if "." not in field}
    return replaced | told


def _classes() -> dict[str, ast.ClassDef]:
    tree = ast.parse(inspect.getsource(profile))
    return {node.name: node for node in tree.body if isinstance(node, ast.ClassDef)}


def _of_class(record: ast.ClassDef) -> Iterator[tuple[str, str]]:
    """Yield what stands below each field, and what the class says of its attributes."""
    for field, below in pairwise(record.body):
        match field, below:
            case (
                ast.AnnAssign(target=ast.Name(id=name)),
                ast.Expr(value=ast.Constant(value=str(text))),
            ):
                yield name, _sentence(text)
    for name, text in _ATTRIBUTE.findall(ast.get_docstring(record) or ""):
        yield name, _sentence(text[:1].upper() + text[1:])


def _sentence(text: str) -> str:
    """Return the first paragraph on one line."""
    return " ".join(inspect.cleandoc(text).partition("\n\n")[0].split())
