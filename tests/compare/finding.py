"""The seeds' call, and a comparison that is easy to look into."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bridge import compare

if TYPE_CHECKING:
    from pathlib import Path

    from bridge import Comparison
    from bridge.comparison import Difference, Variant

Options = dict[str, object]

PICTURE = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 8
SEED: Options = {
    "url": "https://example.weixin.qq.com/upload",
    "name": "file",
    "fileType": "image",
    "formData": {"user": "test"},
}
"""The call of the three documents: Alipay's `fileType` is the first one's."""


class Found:
    """A comparison, looked into by the names of its places."""

    def __init__(self, comparison: Comparison) -> None:
        self.comparison = comparison
        self.by_field = {one.field: one for one in comparison.differences}

    def __getitem__(self, field: str) -> Difference:
        return self.by_field[field]

    def __contains__(self, field: str) -> bool:
        return field in self.by_field

    def values(self, field: str) -> dict[str, object]:
        """Return what each target has at a place that differs; `absent` for nothing."""
        document = self[field].to_json()
        variants: Any = document["variants"]
        return {
            name: one["value"] if one["present"] else "absent"
            for one in variants
            for name in one["targets"]
        }

    def variant(self, field: str, target: str) -> Variant:
        """Return the variant that a target belongs to."""
        return next(one for one in self[field].variants if target in one.targets)

    def rules(self, field: str, target: str) -> list[str]:
        """Return the names of the rules behind what a target has at a place."""
        return [one.rule for one in self.variant(field, target).because if target in one.targets]


async def found(call: Options | Path, *targets: Any, **more: Any) -> Found:  # noqa: ANN401  compare's own
    """Compare, and make the result easy to look into."""
    return Found(await compare(call, targets, **more))
