"""The mini-program's storage: keys and JSON-like values, copied in and out."""

from __future__ import annotations

import json

from bridge.values import Foreign, Undefined, copied, js_string, to_json

_KB = 1024


class Storage:
    """What one mini-program has stored; it lives as long as its bridge."""

    def __init__(self) -> None:
        self._items: dict[str, object] = {}

    def __contains__(self, key: str) -> bool:
        return key in self._items

    @property
    def keys(self) -> list[str]:
        """The keys, oldest first."""
        return [*self._items]

    @property
    def size_kb(self) -> int:
        """How much is stored, in whole kilobytes, rounded up."""
        whole = sum(
            len(key.encode("utf-8", "replace")) + len(json.dumps(to_json(value)))
            for key, value in self._items.items()
        )
        return -(-whole // _KB)

    def get(self, key: str, otherwise: object = None) -> object:
        """Return a copy of what is stored under a key, or `otherwise`."""
        return copied(self._items.get(key, otherwise))

    def set(self, key: str, value: object) -> None:
        """Store a copy of a value, without what JSON would leave out."""
        self._items[key] = _plain(value)

    def remove(self, key: str) -> None:
        """Forget a key; one that is not stored is no mistake."""
        self._items.pop(key, None)

    def clear(self) -> None:
        """Forget everything."""
        self._items.clear()


def has_foreign(value: object) -> bool:
    """Tell whether a value holds something that is stored as its text, such as a `Date`."""
    if isinstance(value, dict):
        return any(map(has_foreign, value.values()))
    if isinstance(value, (list, tuple)):
        return any(map(has_foreign, value))
    return isinstance(value, Foreign)


def _plain(value: object) -> object:
    if isinstance(value, dict):
        return {k: _plain(v) for k, v in value.items() if not isinstance(v, Undefined)}
    if isinstance(value, (list, tuple)):
        return [None if isinstance(item, Undefined) else _plain(item) for item in value]
    return js_string(value) if isinstance(value, Foreign) else value
