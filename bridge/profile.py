"""What a platform is: frozen records of data that the core interprets and a platform file fills."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from bridge.reasons import Reason

Status = Literal["documented", "seen_in_code", "reported", "inferred", "recorded"]
Version = tuple[int, ...]
Options = dict[str, object]
Result = dict[str, object]


def parse_version(text: str) -> Version:
    """Turn `"3.8.10"` into `(3, 8, 10)` and `"4.0"` into `(4,)`; raises `ValueError` otherwise."""
    numbers = [int(piece) for piece in text.split(".")]
    while len(numbers) > 1 and not numbers[-1]:
        del numbers[-1]
    return tuple(numbers)


@dataclass(frozen=True, slots=True)
class Source:
    """
    Where a fact comes from.

    Attributes:
        status: how it is known; everything but `documented` needs a note.
        address: a page, or `owner/repo` with a path or an issue.
        date: the "as of" date of the source, ISO or just the year.
        note: why this value was chosen, or the other reading that was not.
    """

    status: Status
    address: str
    date: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Text:
    """
    What a host says for one reason.

    Attributes:
        message: the text, a `str.format` template over the failure's detail.
        code: the host's number, or None where it sends none.
        source: where text and code come from.
    """

    message: str
    code: int | None
    source: Source


@dataclass(frozen=True, slots=True)
class Never:
    """A reason this host cannot meet, with the note that says why."""

    note: str


@dataclass(frozen=True, slots=True)
class Paths:
    """
    The forms a host gives its local paths.

    Each template may use `{hex32}`, `{uuid}`, `{ms}` (epoch milliseconds), `{name}` and `{ext}`
    (with its dot). `package` lists the accepted beginnings of a code-package path; an empty string
    is the bare `a/b/c`.
    """

    temp: str
    saved: str
    user: str
    package: tuple[str, ...] = ("/", "")


@dataclass(frozen=True, slots=True)
class Picker:
    """
    One picker API (`chooseImage`, ...): what it answers from the album.

    Attributes:
        result: the keys of the success object, in order.
        item: the keys of each entry of `tempFiles`.
        cancelled: what `fail` hears when the user backs out.
        temp: the path template where it differs from `Paths.temp`.
        max_count: the largest `count` the host accepts, None for no bound.
        source: where the shape comes from.
    """

    result: tuple[str, ...]
    item: tuple[str, ...]
    cancelled: Text
    source: Source
    temp: str | None = None
    max_count: int | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Profile:
    """One emulated host in one variant; a variant is `dataclasses.replace` with what differs."""

    # --- identity
    name: str
    """The registered name, such as `wx:devtools`; its colon is never parsed."""
    aliases: tuple[str, ...] = ()
    """Other registered names of the same profile."""
    namespace: str
    """The global object the logic calls (`wx`, `my`, `tt`)."""
    title: str
    """A few words for people."""
    schema: str
    """The folder of `schemas/` that holds this host's options."""
    version_counts: str
    """What `@VERSION` counts, such as `base library`."""
    layers_only: bool = False
    """True where no mini-program calls this host without a layer."""

    # --- what the call returns
    returns: Literal["task", "promise", "promise+task"]
    """What `uploadFile` hands back, synchronously."""
    after_bad_parameter: Literal["same", "undefined"] = "same"
    """What it hands back when a parameter is refused."""
    picker_returns: Literal["promise", "undefined"] = "promise"
    """What a picker returns when no callback is given."""
    members: Mapping[str, str]
    """Task member -> `call`, `noop` or `throw:TEXT`; a member not listed is absent."""
    off_without_function: Literal["clear", "ignore"] = "clear"
    """What `off*()` without a function does to the listeners."""
    duplicate_listeners: Literal["once", "twice"] = "once"
    """How often a listener added twice is called."""

    # --- options
    option_aliases: Mapping[str, str] = field(default_factory=dict)
    """Other spelling -> option; where both are given, the other spelling wins."""
    empty: frozenset[object]
    """The values that count as absent, out of `"undefined"`, `"null"` and `""`."""
    mismatch: Literal["fail", "required", "warn"]
    """Which options of a wrong type stop the call: all, the required ones, or none."""
    problem: str = ""
    """One wrong type in words, over `{key}`, `{expected}`, `{type}` and `{brand}`."""
    missing: str = ""
    """One missing option in words; empty means `problem` serves."""
    problems: Literal["all", "first"] = "all"
    """How many problems the text names."""
    blank_name: Text | None = None
    """The answer to an empty `name` that passed the type check; None sends it."""
    file_type: Literal["required", "checked", "ignored"] | None = None
    """How `fileType` is judged; None where the host does not know the option."""
    without_effect: frozenset[str] = frozenset()
    """Options the host knows and this emulation takes without doing anything for them."""
    fixed_timeout: int
    """Milliseconds a call may take where `timeout` is not offered, or zero is given."""
    max_timeout: int | None = None
    """The largest `timeout` in milliseconds; larger ones are clamped."""
    max_size: int | None = None
    """The largest file in bytes."""

    # --- rules
    schemes: frozenset[str]
    """The URL schemes accepted, loopback addresses aside."""
    page_origin: str | None = None
    """The origin of the page a relative URL resolves against; None refuses relative URLs."""
    domain_match: Literal["exact", "subdomains"] = "exact"
    """Whether an entry covers its sub-domains."""
    domain_ports: Literal["exact", "ignored"] = "exact"
    """Whether the port counts."""
    domain_check: Literal["enforced", "skipped"] = "enforced"
    """Whether a given domain list is judged at all."""
    recheck_redirects: bool = True
    """Whether a redirect's domain is judged again."""
    max_redirects: int = 5
    """Hops followed before the call fails."""
    check_cors: bool = False
    """Whether a cross-origin answer needs Access-Control-Allow-Origin."""
    forbidden_headers: frozenset[str]
    """Lower-case names of caller headers that are dropped."""
    refused_headers: frozenset[str] = frozenset()
    """Lower-case names dropped with a console message as browsers print it."""
    content_type: Literal["force", "caller"] = "force"
    """Whether a caller's Content-Type reaches the wire."""
    referer: str | None = None
    """The Referer template over `{appid}` and `{version}`; None sends none."""
    user_agent: str | None = None
    """The User-Agent; None leaves the transport's own."""
    cookies: Literal["none", "session"] = "none"
    """Whether cookies are kept and sent again, by logical URL."""
    trace_headers: tuple[str, ...] = ()
    """Request headers that carry the call's trace id."""

    # --- schedule
    limit: int | None
    """Uploads running at once; None for no limit."""
    overflow: Literal["queue", "reject"] = "queue"
    """What happens to one more."""

    # --- results
    success: tuple[str, ...]
    """Keys of the success object, in order."""
    fail: tuple[str, ...]
    """Keys of the fail object, in order."""
    message_key: str = "errMsg"
    """The fail key that carries the text."""
    code_key: str | None = None
    """The fail key that carries the number."""
    errno: Literal["emit", "omit"] = "emit"
    """Whether a known number is sent."""
    status_code: Literal["number", "string"] = "number"
    """The type of `statusCode`."""
    header_case: Literal["server", "lower"] = "server"
    """The case of keys in `header`."""
    headers_event: Literal["wrapped", "map"] = "wrapped"
    """What `onHeadersReceived` gets: `{header}` or the header map itself."""
    progress_names: Literal["sent", "written", "both"] = "sent"
    """The spelling of the two byte counts in a progress event."""
    progress_rounding: Literal["floor", "round"] = "floor"
    """How a fraction of a percent is treated."""
    profile_fields: tuple[str, ...] = ()
    """Fields of `profile` in the success object."""
    since: Mapping[str, str] = field(default_factory=dict)
    """`success.KEY`, `fail.KEY`, `profile.KEY`, `member.NAME`, `api.NAME` -> first version."""
    until: Mapping[str, str] = field(default_factory=dict)
    """The same keys -> first version without it."""
    older: Mapping[str, Mapping[str, object]] = field(default_factory=dict)
    """Version -> fields that had another value before it."""
    texts: Mapping[Reason, Text | Never]
    """What the host says for every reason."""

    # --- files
    filename: Literal["path", "original"] = "path"
    """Whether a part's filename is the path's last segment or the name the user knew."""
    paths: Paths
    pickers: Mapping[str, Picker]

    sources: Mapping[str, Source]
    """Field -> where its value comes from."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Layer:
    """A cross-platform layer: calls translated, then handed to a host."""

    name: str
    """The registered name and the global object (`uni`, `mpx`, `uploader`)."""
    title: str
    default: str
    """The profile of the bare layer name."""
    below: str | None = None
    """The layer this one calls instead of the host."""
    over: tuple[str, ...] | None = None
    """Namespaces of hosts it runs over; None for every host."""
    apis: Mapping[str, str]
    """The layer's API -> the API below."""
    options: tuple[str, ...] = ()
    """Options of the layer's own, which no host sees."""
    rename: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """Host namespace -> option -> the name the host gets; the last given key wins."""
    fill: Mapping[str, object] = field(default_factory=dict)
    """Options passed to the layer below when the caller gave none."""
    config: Mapping[str, object] = field(default_factory=dict)
    """Settings kept between calls, changed by `settings` APIs."""
    settings: Mapping[str, str] = field(default_factory=dict)
    """Synchronous API that changes the config -> the key it sets; `*` merges all keys."""
    returns: Literal["host", "task or promise"] = "host"
    """`task or promise`: the host's return with a callback, else a Promise of the result."""
    all_callbacks: bool = False
    """True where the layer always hands all three callbacks down."""
    use_promise: Literal["off", "on"] | None = None
    """Whether every call returns a Promise with the native return in `__returned`."""
    domain: Literal["honour", "ignore"] | None = None
    """Whether `domain` replaces the configured `baseURI`."""
    translate: Callable[[Layer, Options, Mapping[str, object]], Options] | None = None
    """The odd rest: `(layer, options, config) -> options`, pure."""
    results: Mapping[str, Callable[[str, Result], Result]] = field(default_factory=dict)
    """Host namespace -> `(api, result) -> result`, pure: how the layer rewrites a result."""
    sources: Mapping[str, Source]
    """Field -> where its value comes from."""
