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
        causes: what the host says instead where it knows more, such as `expired` of a certificate.
    """

    message: str
    code: int | None
    source: Source
    causes: Mapping[str, Text] = field(default_factory=dict, hash=False)


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
    is the bare `a/b/c`. `data_urls` tells whether a base64 `data:` URL stands for a file.
    """

    temp: str
    saved: str
    user: str
    package: tuple[str, ...] = ("/", "")
    data_urls: bool = False


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
        empty_lists: option -> what `fail` hears where it is an empty list.
        source: where the shape comes from.
    """

    result: tuple[str, ...]
    item: tuple[str, ...]
    cancelled: Text
    source: Source
    temp: str | None = None
    max_count: int | None = None
    empty_lists: Mapping[str, Text] = field(default_factory=dict, hash=False)


@dataclass(frozen=True, slots=True)
class Local:
    """
    One API that the phone answers by itself: storage, files, dialogs, facts about the device.

    Attributes:
        does: the action behind it, a name in `bridge.device.actions.ACTIONS`.
        source: where its shape comes from.
        kind: `async` takes an options object and callbacks, `value` returns at once, `constant` is
            no function, `object` returns an object of functions, `listener` takes a function.
        takes: option -> `string`, `number`, `text` (also bytes) or `any`, a `!` where required; in
            the order a `value` API takes them.
        given: how a `value` API takes them: one by one, in one object, or in either way.
        result: the keys of what it answers, in order; none means undefined from a `value` API.
        bare: the one key a `value` API returns without the object around it.
        otherwise: what is answered where nothing is stored and `texts` names no failure for it.
        texts: cause -> what the host says; a cause without a text reads as on an upload.
        promise: whether an `async` API returns a Promise where no callback is given.
        since: the first version that has it.
        listens: the event of a `listener`.
        members: the functions of an `object`.
        value: the value of a `constant`.
    """

    does: str
    source: Source
    kind: Literal["async", "value", "constant", "object", "listener"] = "async"
    takes: Mapping[str, str] = field(default_factory=dict)
    given: Literal["list", "object", "either"] = "list"
    result: tuple[str, ...] = ()
    bare: str = ""
    otherwise: object = None
    texts: Mapping[str, Text] = field(default_factory=dict)
    promise: Literal["never", "without callbacks"] = "never"
    since: str | None = None
    listens: str = ""
    members: Mapping[str, Local] = field(default_factory=dict)
    value: object = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Device:
    """
    The phone around the upload, as one host shows it to a mini-program.

    Attributes:
        apis: name -> API; an API that is not listed does not exist.
        info: what the host tells of phone and client, by key.
        version_key: the key of `info` that a target's `@VERSION` replaces.
        network: the words for `wifi`, `2g`, `3g`, `4g` and `none`, where they are other words.
        storage_kb: how much storage the host says there is; no more is refused here.
        sync_failure: what a failed `value` API does: throw an Error, or return the fail object.
        abilities: how `canIUse` answers: by this description, by the names of the functions alone,
            or `True` to everything.
        results_word: the word by which `canIUse` is asked for a key of what `success` gets.
        sources: field -> where its value comes from.
    """

    apis: Mapping[str, Local]
    info: Mapping[str, object]
    version_key: str = ""
    network: Mapping[str, str] = field(default_factory=dict)
    storage_kb: float = 10240
    sync_failure: Literal["throw", "return"] = "throw"
    abilities: Literal["described", "names", "all"] = "described"
    results_word: Literal["success", "callback"] = "success"
    sources: Mapping[str, Source]


@dataclass(frozen=True, slots=True)
class Through:
    """
    How a layer hands one device API down to one host.

    Attributes:
        kind: as in `Local`; the layer's own function may be of another kind than the host's.
        below: the host's API.
        takes: the names of what a `value` API is given one by one.
        rename: option -> the name the host gets; an empty name drops it.
        choose: the odd rest, pure: `options -> (host API, options)`, after `rename`.
        adds: constants of the host that are put into what it answered.
        result: pure: what the host answered -> what the layer hands on.
    """

    below: str
    kind: Literal["async", "value", "listener"] = "async"
    takes: tuple[str, ...] = ()
    rename: Mapping[str, str] = field(default_factory=dict)
    choose: Callable[[Options], tuple[str, Options]] | None = None
    adds: tuple[str, ...] = ()
    result: Callable[[Result], object] | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class RequestProfile:
    """
    What a host's `request` does differently from its upload.

    A field that `Profile` has too stands in its place when a request runs; every other rule is
    the upload's. `texts` replaces only the reasons it names: what the host says for the others is
    the upload's text, said of `request`.
    """

    # --- in place of the profile's fields of the same names
    returns: Literal["task", "promise", "promise+task"] = "task"
    members: Mapping[str, str]
    option_aliases: Mapping[str, str] = field(default_factory=dict)
    without_effect: frozenset[str] = frozenset()
    fixed_timeout: int
    zero_timeout: Literal["default", "at once"] = "default"
    max_timeout: int | None = None
    content_type: Literal["force", "caller"] = "caller"
    limit: int | None
    overflow: Literal["queue", "reject"] = "queue"
    success: tuple[str, ...]
    fail: tuple[str, ...]
    status_code: Literal["number", "string"] = "number"
    headers_keys: tuple[str, ...] = ("header",)
    since: Mapping[str, str] = field(default_factory=dict)
    texts: Mapping[Reason, Text | Never] = field(default_factory=dict)

    # --- what is sent
    header_option: str = "header"
    """The option that holds the request headers."""
    methods: frozenset[str]
    """The methods the host knows, in capitals."""
    other_methods: Literal["refused", "GET"] = "refused"
    """What a method it does not know comes to."""
    forbidden_methods: frozenset[str] = frozenset()
    """Those of its methods that it refuses to send."""
    unknown_method: Text | None = None
    """What the host says of a method it refuses; None says what it says of any bad parameter."""
    default_type: str = "application/json"
    """The Content-Type where the caller names none."""
    typed: Literal["every method", "not GET"] = "every method"
    """Which requests get it."""
    query_lists: Literal["json", "text"] = "json"
    """How a list in a query string is written; an object is JSON everywhere."""
    query_nothing: Literal["word", "empty"] = "word"
    """How `null` and `undefined` are written there: as words, or as nothing."""
    other_types: Literal["json", "text"] = "json"
    """How an object is sent under a Content-Type other than JSON and form fields."""

    # --- what is handed back
    data_types: frozenset[str] = frozenset({"json"})
    """The `dataType` values with a meaning; under any other the body stays text."""
    any_case: bool = False
    """Whether `dataType` and `responseType` may be written in any case."""
    bad_json: Text | None = None
    """The failure when `dataType` is `json` and the body is not; None hands the text over."""
    http_error: Text | None = None
    """The failure for a status from 400 on; None makes any status a success."""
    answered: tuple[str, ...] = ()
    """Keys such a failure has beside `fail`, with the answer's content."""
    cookie_list: Literal["raw", "empty"] = "raw"
    """Whether `cookies` holds the `Set-Cookie` lines or is always empty."""

    sources: Mapping[str, Source]
    """Field -> where its value comes from."""


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
    """The folder of `schemas/` that holds this host's options, or `PACKAGE:FOLDER` elsewhere."""
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
    """Milliseconds a call may take where `timeout` is not offered, or not given."""
    zero_timeout: Literal["default", "at once"] = "default"
    """What a `timeout` that is not above zero means: none was given, or the call ends at once."""
    max_timeout: int | None = None
    """The largest `timeout` in milliseconds; larger ones are clamped."""
    max_size: int | None = None
    """The largest file in bytes."""

    # --- rules
    schemes: frozenset[str]
    """The URL schemes accepted, loopback addresses aside."""
    page_origin: str | None = None
    """The origin of the page a relative URL resolves against; None refuses relative URLs."""
    domain_lists: Literal["by API", "one"] = "by API"
    """Whether each API has a list of its own, or what is listed for one holds for all."""
    domain_match: Literal["exact", "subdomains"] = "exact"
    """Whether an entry covers its sub-domains."""
    domain_ports: Literal["exact", "ignored"] = "exact"
    """Whether the port counts."""
    domain_check: Literal["enforced", "skipped"] = "enforced"
    """Whether a given domain list is judged at all."""
    local_addresses: Literal["judged", "free"] = "judged"
    """Whether an IP address of the local network, with its port, is free of scheme and list."""
    recheck_redirects: bool = True
    """Whether a redirect's domain is judged again."""
    max_redirects: int = 5
    """Hops followed before the call fails."""
    check_cors: bool = False
    """
    Whether Origin is sent, and a cross-origin answer needs Access-Control-Allow-Origin and shows
    few headers.
    """
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

    # --- in the background
    background_seconds: float | None = None
    """How long what is in flight goes on in the background; None for as long as it takes."""
    background_calls: Literal["allowed", "refused"] = "allowed"
    """What becomes of a call that is made in the background."""

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
    """What `onHeadersReceived` gets: an object with the header map in it, or the map itself."""
    headers_keys: tuple[str, ...] = ("header",)
    """The keys of that object: `header`, `statusCode` or `cookies`."""
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
    """
    Version -> fields that had another value before it.

    `request` holds those of a request, `pickers` each picker's by its name.
    """
    texts: Mapping[Reason, Text | Never]
    """What the host says for every reason."""

    # --- files
    filename: Literal["path", "original"] = "path"
    """Whether a part's filename is the path's last segment or the name the user knew."""
    paths: Paths
    pickers: Mapping[str, Picker]
    request: RequestProfile | None = None
    """What `request` does differently; None where the host has no such API."""
    device: Device | None = None
    """The phone's own APIs; None for a host that describes none."""

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
    """
    Host namespace -> option -> the name the host gets.

    A key `NAMESPACE.API` holds the table of that one API instead.
    """
    renamed_wins: Literal["when last", "always"] = "when last"
    """Which value stands where both the old and the new name of an option are given."""
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
    interceptors: tuple[str, ...] = ()
    """APIs that add and remove hooks, called around every API of the layer that takes callbacks."""
    use_promise: Literal["off", "on"] | None = None
    """Whether every call returns a Promise with the native return in `__returned`."""
    domain: Literal["honour", "ignore"] | None = None
    """Whether `domain` replaces the configured `baseURI`."""
    translate: Callable[[Layer, Options, Mapping[str, object]], Options] | None = None
    """The odd rest: `(layer, options, config) -> options`, pure."""
    results: Mapping[str, Callable[[str, Result], Result]] = field(default_factory=dict)
    """Host namespace -> `(api, result) -> result`, pure: how the layer rewrites a result."""
    complete_gets: Literal["result", "raw"] = "result"
    """Whether `complete` hears what the layer made of a result, or the host's own."""
    passes: bool = False
    """Whether the layer hands on every device API of its host under the host's name."""
    device: Mapping[str, Mapping[str, Through]] = field(default_factory=dict)
    """Host namespace -> the layer's API -> how it is handed down."""
    sources: Mapping[str, Source]
    """Field -> where its value comes from."""
