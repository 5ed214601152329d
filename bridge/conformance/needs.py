"""What a case needs of a target, worked out from what the target is and never from its name."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Final, cast

import schemas
from bridge import layers
from bridge.errors import BridgeError
from bridge.profile import Text
from bridge.reasons import Reason
from bridge.registry import unknown

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from bridge.protocol import ApiDescription
    from bridge.target import Target


class Abilities:
    """
    What one target can do, asked by a need such as `member:abort` or `option:request.method`.

    A need is `KIND` or `KIND:[API.]NAME`; without an API it is about `uploadFile`.
    """

    def __init__(self, target: Target) -> None:
        self._target = target
        self._known: dict[str, bool] = {}

    @cached_property
    def globals(self) -> Mapping[str, Mapping[str, ApiDescription]]:
        """The target's globals and their functions."""
        return layers.describe(self._target)

    @cached_property
    def main(self) -> str:
        """The name of the target's own global."""
        return layers.main_namespace(self._target)

    def has(self, need: str) -> bool:
        """Tell whether the target has what a need names; raises `BridgeError` for no such kind."""
        if need not in self._known:
            kind, _, name = need.partition(":")
            check_need(need)
            self._known[need] = _KINDS[kind](self, name)
        return self._known[need]

    def where(self, api: str, *, below: bool) -> tuple[str, str] | None:
        """
        Return the global and the name under which the target offers an API, None where it does not.

        Args:
            api: by the name the host gives it, such as `uploadFile`.
            below: whether the globals beneath the target's own count as well.
        """
        own = layers.own_name(self._target, api)
        if own in self.globals[self.main]:
            return self.main, own
        found = (name for name, apis in self.globals.items() if below and api in apis)
        return next(((name, api) for name in found), None)

    def _described(self, api: str) -> ApiDescription | None:
        return self.globals[self.main].get(layers.own_name(self._target, api))

    def _seen_by(self, api: str) -> Target | None:
        """Return the target as one of its APIs sees it; None where it has no such API."""
        return self._target.requesting if api == layers.REQUEST else self._target

    def _api(self, name: str) -> bool:
        return self.where(name, below=False) is not None

    def _picker(self, name: str) -> bool:
        return self._api(name) and name in self._target.profile.pickers

    def _member(self, name: str) -> bool:
        api, member = _split(name)
        described = self._described(api)
        return described is not None and member in described.members

    def _works(self, name: str) -> bool:
        api, member = _split(name)
        described = self._described(api)
        return described is not None and described.members.get(member) == "call"

    def _returns(self, name: str) -> bool:
        api, kind = _split(name)
        described = self._described(api)
        return described is not None and described.returns == kind

    def _option(self, name: str) -> bool:
        api, option = _split(name)
        target, own = self._target, {key for layer in self._target.layers for key in layer.options}
        if option in own:
            return True
        if api not in schemas.names(target.profile.schema):
            return False
        options = cast("dict[str, dict[str, str]]", _properties(target.profile.schema, api))
        return option in options and target.reached(options[option].get("x-since"))

    def _success(self, name: str) -> bool:
        api, key = _split(name)
        target = self._seen_by(api)
        return target is not None and key in target.success_keys

    def _fail(self, name: str) -> bool:
        api, key = _split(name)
        target = self._seen_by(api)
        return target is not None and key in target.fail_keys

    def _profile(self, name: str) -> bool:
        api, key = _split(name)
        target = self._seen_by(api)
        return target is not None and key in target.profile_fields

    def _limit(self, name: str) -> bool:
        target = self._seen_by(name or layers.UPLOAD)
        return target is not None and target.profile.limit is not None

    def _overflow(self, name: str) -> bool:
        api, word = _split(name)
        target = self._seen_by(api)
        return self._limit(api) and target is not None and target.profile.overflow == word

    def _reason(self, name: str) -> bool:
        api, reason = _split(name)
        target = self._seen_by(api)
        return target is not None and isinstance(target.profile.texts[Reason[reason]], Text)

    def _domains(self, _: str) -> bool:
        return self._target.profile.domain_check != "skipped"

    def _scheme(self, name: str) -> bool:
        return name in self._target.profile.schemes

    def _cookies(self, _: str) -> bool:
        return self._target.profile.cookies == "session"

    def _page(self, _: str) -> bool:
        return self._target.profile.page_origin is not None


def check_need(need: str) -> None:
    """Raise `BridgeError` for a need of no known kind, or for a reason that does not exist."""
    kind, _, name = need.partition(":")
    if kind not in _KINDS:
        raise BridgeError(unknown("kind of need", kind, list(_KINDS)))
    if kind == "reason" and _split(name)[1] not in Reason.__members__:
        raise BridgeError(unknown("reason", _split(name)[1], list(Reason.__members__)))


def _properties(schema: str, api: str) -> object:
    return schemas.load(schema, api)["properties"]


def _split(name: str) -> tuple[str, str]:
    api, _, rest = name.rpartition(".")
    return api or layers.UPLOAD, rest


_KINDS: Final[dict[str, Callable[[Abilities, str], bool]]] = {
    "api": Abilities._api,  # noqa: SLF001  the table of this module's own class
    "picker": Abilities._picker,  # noqa: SLF001
    "member": Abilities._member,  # noqa: SLF001
    "works": Abilities._works,  # noqa: SLF001
    "returns": Abilities._returns,  # noqa: SLF001
    "option": Abilities._option,  # noqa: SLF001
    "success": Abilities._success,  # noqa: SLF001
    "fail": Abilities._fail,  # noqa: SLF001
    "profile": Abilities._profile,  # noqa: SLF001
    "limit": Abilities._limit,  # noqa: SLF001
    "overflow": Abilities._overflow,  # noqa: SLF001
    "reason": Abilities._reason,  # noqa: SLF001
    "domains": Abilities._domains,  # noqa: SLF001
    "scheme": Abilities._scheme,  # noqa: SLF001
    "cookies": Abilities._cookies,  # noqa: SLF001
    "page": Abilities._page,  # noqa: SLF001
}
