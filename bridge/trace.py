"""One record per call: what was asked, what decided, what went over the wire, what came back."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Final, NamedTuple, Protocol, cast

from bridge.masking import MASK, is_secret, mask_url, masked, masked_headers, masked_text
from bridge.profile import Text
from bridge.protocol import shaped
from bridge.values import to_json

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from bridge.files import OpenFile
    from bridge.profile import Options, Profile, Result, Source
    from bridge.protocol import Payload
    from bridge.reasons import Reason
    from bridge.target import Target
    from bridge.transport import FilePart, Headers, Lines, Measures, WireUpload

TRACE_VERSION: Final = 1
PREVIEW_BYTES: Final = 64 << 10


Decision = tuple[str, str, str]
"""A step, the profile field (or rule) that decided there, and what it did."""


class Deciding(Protocol):
    """What takes down the rules that decide a call."""

    def add(self, step: str, rule: str, effect: str) -> None:
        """Note that at `step` the profile field (or rule) `rule` had this effect."""


class Decisions(list[Decision]):
    """The rules that decided a call, each with its source in the profile."""

    __slots__ = ()

    def add(self, step: str, rule: str, effect: str) -> None:
        """Note that at `step` the profile field (or rule) `rule` had this effect."""
        self.append((step, rule, effect))

    def rules(self) -> list[str]:
        """Return the names of the rules that decided, in order."""
        return [rule for _, rule, _ in self]

    def to_json(self, sources: Mapping[str, Source]) -> list[dict[str, object]]:
        """Return `[{step, rule, effect, source}]`; source is null for a rule of ours."""
        return [
            {
                "step": step,
                "rule": rule,
                "effect": mask_url(effect),
                "source": _cited(sources.get(rule)),
            }
            for step, rule, effect in self
        ]


def _cited(source: Source | None) -> dict[str, object] | None:
    return None if source is None else asdict(source)


@dataclass(slots=True)
class SentPart:
    """One part as it was sent; `preview` holds its first bytes, or None."""

    name: str
    filename: str | None
    type: str | None
    size: int
    preview: bytes | None


class Request(NamedTuple):
    """
    The request as it left.

    `preview` holds the first bytes of a body that is no form; of a form there are `fields`, the
    text fields as they were given, and `files` with the first bytes of each small one. `held` is
    how many bytes all previews hold on to.
    """

    url: str
    dialled: str
    method: str
    lines: Lines
    size: int
    fields: tuple[tuple[str, str], ...]
    files: tuple[FilePart, ...]
    previews: Sequence[bytes | None]
    preview: bytes | None
    held: int

    @property
    def headers(self) -> Headers:
        """The header lines, in order."""
        return tuple(self.lines)

    @property
    def parts(self) -> list[SentPart]:
        """The parts of the form, fields before files."""
        files = zip(self.files, self.previews, strict=True)
        return [
            *(_field_part(name, value) for name, value in self.fields),
            *(SentPart(n, fn, kind, file.size, seen) for (n, fn, kind, file), seen in files),
        ]


class Response(NamedTuple):
    """The answer as it arrived."""

    status: int
    headers: Headers
    size: int
    preview: bytes


_NOTHING: Final[dict[str, Any]] = {}


class Record:
    """
    Everything about one call.

    `started` is in epoch milliseconds; `invoked`, `queued`, `dequeued` and what the transport
    measured are seconds of `loop.time()`, `ended` is milliseconds after `invoked`.

    What most calls never get has its default in the class: a call that waits is kept small.
    """

    unknown_keys: tuple[str, ...] = ()
    understood: Options = _NOTHING
    not_emulated: Sequence[str] = ()
    queued: float | None = None
    dequeued: float | None = None
    measured: Mapping[str, float] = _NOTHING
    ended: float | None = None
    request: Request | None = None
    response: Response | None = None
    progress: Sequence[tuple[float, int]] = ()
    callback_errors: Sequence[str] = ()
    ok: bool | None = None
    reason: Reason | None = None
    detail: str = ""
    result: Result = _NOTHING
    unrouted: str = ""
    boundary: str = ""
    sink_upload: int | None = None
    decided: Sequence[Decision] = ()
    told: list[tuple[float, str, object]] | None = None

    def __init__(  # noqa: PLR0913  all that is known when a call is made
        self,
        *,
        id: int,  # noqa: A002  the trace's word
        target: Target,
        api: str,
        overrides: Mapping[str, object],
        session: str,
        started: float,
        options: Options,
        conditions: tuple[str, ...] = (),
        invoked: float = 0.0,
    ) -> None:
        self.id = id
        self.target = target
        self.api = api
        self.overrides = overrides
        self.session = session
        self.started = started
        self.options = options
        self.conditions = conditions
        self.invoked = invoked

    def __repr__(self) -> str:
        end = "in flight" if self.ok is None else "success" if self.ok else f"fail, {self.reason}"
        return f"<Record {self.id}: {self.api} on {self.target.name}, {end}>"

    @property
    def decisions(self) -> Decisions:
        """The rules that decided, in order."""
        decided = self.decided
        if type(decided) is not Decisions:
            decided = self.decided = Decisions(decided)
        return decided

    @property
    def callbacks(self) -> list[tuple[float, str, object]]:
        """The messages to the logic: milliseconds from the call, name, and the payload."""
        return [(at, name, shaped(payload)) for at, name, payload in self.told or ()]

    def add(self, step: str, rule: str, effect: str) -> None:
        """Note a decision, so that a record can be handed to whatever decides."""
        self.decisions.add(step, rule, effect)

    def decide(self, known: tuple[Decision, ...]) -> None:
        """Note decisions that many calls share."""
        decided = self.decided
        if not decided:
            self.decided = known
        elif type(decided) is tuple:
            self.decided = decided + known
        else:
            self.decisions.extend(known)

    def tell(self, at: float, name: str, payload: Payload) -> None:
        """Note a message to the logic, `at` milliseconds after the call."""
        if self.told is None:
            self.told = [(at, name, payload)]
        else:
            self.told.append((at, name, payload))

    @property
    def times(self) -> dict[str, float]:
        """
        When things happened, in milliseconds from the call.

        The keys are `invoked queued dequeued dns connect tls send sent first_byte end`; what did
        not happen is absent here and null in the JSON.
        """
        found = {name: self.measured.get(key) for name, key in _MEASURED.items()}
        found |= {"invoked": self.invoked, "queued": self.queued, "dequeued": self.dequeued}
        times = {name: self.ms(at) for name, at in found.items() if at is not None}
        return times if self.ended is None else {**times, "end": self.ended}

    @property
    def preview_bytes(self) -> int:
        """How many bytes of what was sent this record holds on to."""
        return 0 if self.request is None else self.request.held

    def ms(self, at: float) -> float:
        """Return a moment of `loop.time()` in milliseconds from the call."""
        return (at - self.invoked) * 1000

    def meet(self, conditions: tuple[str, ...]) -> None:
        """Add the conditions that are in force now to those the call has met before."""
        self.conditions += tuple(words for words in conditions if words not in self.conditions)

    def close(self, result: dict[str, object], *, ok: bool, at: float) -> None:
        """Note how the call ended, `at` milliseconds after it began."""
        self.ok, self.result, self.ended = ok, result, at

    def note_measures(self, measures: Measures) -> None:
        """Take over what the transport measured, as it stands now."""
        self.measured = measures.times.copy()
        if measures.unrouted:
            self.unrouted = measures.unrouted
            effect = f"{measures.unrouted} is not routed, so it was never dialled"
            self.decisions.add("transport", "bridge.route", effect)

    def to_json(self) -> dict[str, object]:
        """Return the record as `schemas/trace.json` describes it, secrets masked."""
        whole: dict[str, object] = {
            "v": TRACE_VERSION,
            "id": self.id,
            "session": self.session,
            "target": self.target.name,
            "profile_overrides": {key: _override(value) for key, value in self.overrides.items()},
            "api": self.api,
            "started": round(self.started),
            "options": masked(self.options),
            "unknown_keys": list(self.unknown_keys),
            "understood": masked(self.understood),
            "decisions": self.decisions.to_json(sources_of(self.target)),
            "conditions": list(self.conditions),
            "not_emulated": list(self.not_emulated),
            "times": _shown_times(self.times),
            "request": self._request(),
            "response": self._response(),
            "progress": [[_ms(at), sent] for at, sent in self.progress],
            "callbacks": [
                {"ms": _ms(at), "name": name, "payload": masked(payload)}
                for at, name, payload in self.callbacks
            ],
            "callback_errors": [mask_url(error) for error in self.callback_errors],
            "outcome": self._outcome(),
            "sink_upload": self.sink_upload,
        }
        return cast("dict[str, object]", to_json(whole))

    def _request(self) -> dict[str, object] | None:
        sent = self.request
        if sent is None:
            return None
        return {
            "url": mask_url(sent.url),
            "dialled": sent.dialled,
            "method": sent.method,
            "headers": masked_headers(sent.headers),
            "bytes": sent.size,
            "parts": [_part(part) for part in sent.parts],
            "preview": _body_preview(sent),
        }

    def _response(self) -> dict[str, object] | None:
        got = self.response
        if got is None:
            return None
        preview = got.preview.decode("utf-8", "replace")
        headers = masked_headers(got.headers)
        return {"status": got.status, "headers": headers, "bytes": got.size, "preview": preview}

    def _outcome(self) -> dict[str, object]:
        reason = None if self.reason is None else str(self.reason)
        detail, result = mask_url(self.detail), masked(self.result)
        return {"ok": bool(self.ok), "reason": reason, "detail": detail, "result": result}


def request_of(upload: WireUpload, measures: Measures, budget: int) -> Request:
    """
    Return what left for the wire, files previewed while they are open.

    Args:
        upload: what the transport was given.
        measures: what it did with it.
        budget: bytes of previews that may still be kept.
    """
    held, previews = 0, []
    for part in upload.files:
        seen = _preview_of(part.file, budget - held)
        held += len(seen or b"")
        previews.append(seen)
    body = None
    if upload.body and budget >= PREVIEW_BYTES:
        body = upload.body[:PREVIEW_BYTES]
        held += len(body)
    return Request(
        upload.url,
        measures.dialled,
        upload.method,
        measures.request_headers or upload.headers,
        measures.body_bytes,
        upload.fields,
        upload.files,
        previews,
        body,
        held,
    )


def _preview_of(file: OpenFile, budget: int) -> bytes | None:
    size = file.size
    if size > PREVIEW_BYTES or size > budget:
        return None
    try:
        return file.whole()
    except OSError:  # the upload itself says that it cannot be read
        return None


def _field_part(name: str, value: str) -> SentPart:
    content = value.encode("utf-8", "replace")
    return SentPart(name, None, None, len(content), content[:PREVIEW_BYTES])


_MEASURED = {
    "dns": "dns_start",
    "connect": "connect_start",
    "tls": "tls_start",
    "send": "request_start",
    "sent": "request_end",
    "first_byte": "response_start",
}
_TIMES = (
    "invoked",
    "queued",
    "dequeued",
    "dns",
    "connect",
    "tls",
    "send",
    "sent",
    "first_byte",
    "end",
)


_REQUEST_TEXTS = ("unknown_method", "bad_json", "http_error")


def sources_of(target: Target) -> dict[str, Source]:
    """Return the sources of a target's fields, its layers' under `LAYER.FIELD` and plain."""
    sources: dict[str, Source] = {}
    for layer in reversed(target.layers):
        sources.update(layer.sources)
    return {**sources, **target.profile.sources, **_text_sources(target.profile)}


def _text_sources(profile: Profile) -> dict[str, Source]:
    found: dict[str, Source] = {}
    for reason, text in profile.texts.items():
        if isinstance(text, Text):
            found[str(reason)] = text.source
            found |= {f"{reason}.{cause}": each.source for cause, each in text.causes.items()}
    found |= {api: picker.source for api, picker in profile.pickers.items()}
    return found | _device_sources(profile) | _request_sources(profile)


def _request_sources(profile: Profile) -> dict[str, Source]:
    own = (getattr(profile.request, name, None) for name in _REQUEST_TEXTS)
    named = zip(_REQUEST_TEXTS, own, strict=True)
    return {name: text.source for name, text in named if isinstance(text, Text)}


def _device_sources(profile: Profile) -> dict[str, Source]:
    apis = profile.device.apis if profile.device is not None else {}
    members = {f"{n}.{m}": inner.source for n, a in apis.items() for m, inner in a.members.items()}
    return members | {name: api.source for name, api in apis.items()}


def _shown_times(times: Mapping[str, float]) -> dict[str, float | None]:
    return {key: _ms(times.get(key)) for key in _TIMES}


def _ms(value: float | None) -> float | None:
    return None if value is None else round(value, 3)


def _part(part: SentPart) -> dict[str, object]:
    return {
        "name": part.name,
        "filename": part.filename,
        "type": part.type,
        "size": part.size,
        "preview": MASK if is_secret(part.name) else _preview(part),
    }


def _preview(part: SentPart) -> object:
    if part.preview is None:
        return None
    if part.filename is None or (part.type or "").startswith("text/"):
        return part.preview.decode("utf-8", "replace")
    return part.preview


def _body_preview(sent: Request) -> object:
    """Return the beginning of a body as text, secrets masked; bytes that are no text as bytes."""
    if sent.preview is None:
        return None
    try:
        text = sent.preview.decode()
    except UnicodeDecodeError:
        return sent.preview
    return masked_text(text)


def _override(value: object) -> object:
    """Show the value of a profile field: a word, number or list of words, else its `repr`."""
    if isinstance(value, (set, frozenset)):
        return sorted(map(str, value))
    if isinstance(value, (list, tuple)):
        return [str(item) for item in value]
    return value if value is None or isinstance(value, (bool, int, float, str)) else repr(value)
