"""Which targets a word of a case means: `my:ide`, `my`, `uni/my`, `uni`, `!mpx`; tables of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from bridge.target import Target

ANY: Final = "*"
NOT: Final = "!"
_ANY, _FAMILY, _NAME = 1, 2, 3
_BELOW, _TOP = 1, 2
_LAYER_WEIGHT: Final = 10
"""The layer part counts first: what a layer makes of a result hides what the host said."""


@dataclass(frozen=True, slots=True)
class Who:
    """
    What a target is called.

    Attributes:
        layers: the names of its layers, outermost first.
        names: the registered names of its host: `my:ide`, or `wx` and `wx:device`.
        family: the host's folder of schemas, which the variants of a host share: `my`, `feishu`.
    """

    layers: tuple[str, ...]
    names: frozenset[str]
    family: str

    @classmethod
    def of(cls, target: Target) -> Who:
        """Return what a target is called."""
        profile = target.profile
        layers = tuple(layer.name for layer in target.layers)
        return cls(layers, frozenset({profile.name, *profile.aliases}), profile.schema)

    def fit(self, selector: str) -> int:
        """
        Tell how closely a selector names this target; 0 where it does not.

        A selector is `[LAYER/]HOST`: a host by name (`my:ide`) or by family (`my`), under any layer
        unless one is named; a layer also counts where it is not the outermost one. A layer's name
        alone means it over any host; `*` is every target.
        """
        layer, slash, host = selector.rpartition("/")
        if not slash and host in self.layers:
            layer, host = host, ANY
        above = self._fit_layer(layer)
        below = self._fit_host(host)
        return above * _LAYER_WEIGHT + below if below and (above or not layer) else 0

    def _fit_layer(self, layer: str) -> int:
        if layer not in self.layers:
            return 0
        return _TOP if layer == self.layers[0] else _BELOW

    def _fit_host(self, host: str) -> int:
        # The phone of a family often bears its name: such a word means the family.
        if host == self.family:
            return _FAMILY
        if host in self.names:
            return _NAME
        return _ANY if host == ANY else 0

    def among(self, selectors: Iterable[str]) -> bool:
        """Tell whether selectors mean this target: some one does, and none with a `!` does."""
        wanted = [each for each in selectors if not each.startswith(NOT)]
        banned = [each.removeprefix(NOT) for each in selectors if each.startswith(NOT)]
        return any(map(self.fit, wanted or [ANY])) and not any(map(self.fit, banned))

    def pick(self, table: Mapping[str, object]) -> str | None:
        """Return the key of a table that names this target most closely, None where none does."""
        best = max(table, key=self.fit, default=None)
        return best if best is not None and self.fit(best) else None
