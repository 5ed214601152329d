"""
The JSON Schemas of minibridge as package data: one truth for names, types and defaults.

A host has a folder: `schemas/<host>/<api>.json` holds the options of one API, and
`<api>.success.json`, `<api>.fail.json` and `<api>.progress.json` the results it hands out. Schemas
that belong to no host, such as the trace record, lie beside the folders. Every `$id` is a URN,
`urn:minibridge:<host>:<name>` or `urn:minibridge:<name>`, and nothing is ever fetched.

Besides the keywords of JSON Schema a property carries `x-source` (status, address, date, note),
`x-since` (the host's first version that knows it) and `x-note`.

A host is named by the folder's name, as `Profile.schema` does. A third party keeps its schemas in
its own package and names them `package:folder`, for instance `acme_host:schemas/acme`.
"""

from __future__ import annotations

import json
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from importlib.resources.abc import Traversable

    from referencing.jsonschema import SchemaRegistry

__all__ = ["hosts", "load", "names", "registry", "shared"]

_SUFFIX = ".json"


@cache
def hosts() -> tuple[str, ...]:
    """Name the hosts whose schemas are ours, sorted."""
    folders = (entry for entry in resources.files(__name__).iterdir() if entry.is_dir())
    return tuple(sorted(folder.name for folder in folders if _stems(folder)))


@cache
def names(host: str) -> tuple[str, ...]:
    """Name the schemas of one host, sorted; raises `KeyError` for an unknown host."""
    return _stems(_folder(host))


@cache
def load(host: str, name: str) -> Mapping[str, object]:
    """
    Read one schema of a host; the mapping is shared by all callers.

    Args:
        host: a folder of ours (`wx`), or `package:folder` inside another package.
        name: an API (`uploadFile`), or one of its results (`uploadFile.fail`).

    Raises:
        KeyError: no such host or schema; the message names what exists.
    """
    if name not in names(host):
        raise KeyError(f"no schema {name!r} for {host!r}; it has {', '.join(names(host))}")
    return _read(_folder(host), name)


@cache
def shared(name: str) -> Mapping[str, object]:
    """Read a schema that belongs to no host (`trace`); raises `KeyError` naming what exists."""
    folder = resources.files(__name__)
    if name not in _stems(folder):
        raise KeyError(f"no shared schema {name!r}; there is {', '.join(_stems(folder))}")
    return _read(folder, name)


@cache
def registry(*folders: str) -> SchemaRegistry:
    """
    Hold every schema of ours, and those of third-party `folders`, so that a `$ref` finds its URN.

    Raises:
        KeyError: a folder that does not exist.
    """
    # Only validation needs these, and importing this package has to stay cheap.
    from referencing import Registry  # noqa: PLC0415
    from referencing.jsonschema import DRAFT202012  # noqa: PLC0415

    empty: SchemaRegistry = Registry()
    found = (DRAFT202012.create_resource(dict(schema)) for schema in _every(folders))
    return (found @ empty).crawl()


def _every(folders: tuple[str, ...]) -> Iterator[Mapping[str, object]]:
    yield from map(shared, _stems(resources.files(__name__)))
    for host in (*hosts(), *folders):
        yield from (load(host, name) for name in names(host))


def _folder(host: str) -> Traversable:
    package, separator, path = host.partition(":")
    if separator:
        return _foreign_folder(package, path)
    if host not in hosts():
        raise KeyError(f"no schemas for {host!r}; there is {', '.join(hosts())}")
    return resources.files(__name__) / host


def _foreign_folder(package: str, path: str) -> Traversable:
    try:
        folder = resources.files(package) / path
    except (ModuleNotFoundError, TypeError, ValueError) as error:
        raise KeyError(f"no package {package!r} to take the schemas {path!r} from") from error
    if not folder.is_dir():
        raise KeyError(f"no folder {path!r} in the package {package!r}")
    return folder


def _stems(folder: Traversable) -> tuple[str, ...]:
    files = (entry.name for entry in folder.iterdir())
    return tuple(sorted(name.removesuffix(_SUFFIX) for name in files if name.endswith(_SUFFIX)))


def _read(folder: Traversable, name: str) -> Mapping[str, object]:
    text = (folder / f"{name}{_SUFFIX}").read_text(encoding="utf-8")
    schema: dict[str, object] = json.loads(text)
    return schema
