"""The schemas as package data: their form, their sources, and the seeds' tables in them."""

from __future__ import annotations

import re
import subprocess
import sys
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import pytest
from jsonschema import Draft202012Validator, SchemaError
from referencing.exceptions import Unresolvable

import schemas

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

Schema = dict[str, Any]

DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"
KEYWORDS: Final = {
    *("type", "enum", "required", "properties", "items", "$ref"),
    *("$schema", "$id", "title", "description", "default"),
    *("x-since", "x-source", "x-note"),
}
RESULTS: Final = ("success", "fail", "progress")
PICKERS: Final = {"chooseImage", "chooseMedia", "chooseMessageFile"}
STATUSES: Final = {"documented", "seen_in_code", "reported", "inferred"}
DATE: Final = re.compile(r"\d{4}(-\d{2}){0,2}|undated")
ADDRESS: Final = re.compile(r"(?!\w+://)\S.*\S")

HOSTED: Final = [(host, name) for host in schemas.hosts() for name in schemas.names(host)]
OPTIONS: Final = [(host, name) for host, name in HOSTED if name.rpartition(".")[2] not in RESULTS]
URNS: Final = sorted(schemas.registry())
# The form of a file of ours, which no option of a call is judged by.
FORMATS: Final = {"urn:minibridge:case", "urn:minibridge:matrix"}

each_schema = pytest.mark.parametrize("urn", URNS)
each_hosted = pytest.mark.parametrize(("host", "name"), HOSTED)
each_options = pytest.mark.parametrize(("host", "name"), OPTIONS)


def contents(urn: str) -> Schema:
    """Look one schema up by its URN."""
    schema: Schema = schemas.registry().contents(urn)  # type: ignore[assignment]  # ours are objects
    return schema


def subschemas(schema: Schema, path: str = "") -> Iterator[tuple[str, Schema]]:
    """Walk a schema and everything below it, each with its path."""
    yield path, schema
    for name, inner in schema.get("properties", {}).items():
        yield from subschemas(inner, f"{path}/{name}")
    if "items" in schema:
        yield from subschemas(schema["items"], f"{path}[]")


def options_of(host: str, name: str = "uploadFile") -> Schema:
    """Give the properties of a host's schema."""
    properties = schemas.load(host, name)["properties"]
    assert isinstance(properties, dict)
    return properties


def required_of(host: str, name: str = "uploadFile") -> list[str]:
    """Give the required names of a host's schema."""
    required = schemas.load(host, name).get("required", [])
    assert isinstance(required, list)
    return required


def accepts(schema: Mapping[str, object], instance: object) -> bool:
    """Judge one value by one schema, references within ours allowed."""
    return Draft202012Validator(schema, registry=schemas.registry()).is_valid(instance)


# --- the form of every file


def test_every_host_and_api_has_its_schemas() -> None:
    """Six hosts have upload and request with results, and a picker; WeChat has two more."""
    upload = {"uploadFile", *(f"uploadFile.{result}" for result in RESULTS)}
    usual = upload | {"chooseImage", "request", "request.success", "request.fail"}
    expected = dict.fromkeys(("app", "douyin", "feishu", "h5", "my", "wx"), usual)
    expected["wx"] = usual | PICKERS
    assert expected == {host: set(schemas.names(host)) for host in schemas.hosts()}


@each_schema
def test_a_schema_is_valid_against_its_dialect(urn: str) -> None:
    """Each file names the 2020-12 dialect and obeys it."""
    schema = contents(urn)
    assert schema["$schema"] == DIALECT
    Draft202012Validator.check_schema(schema)


def test_the_dialect_check_can_fail() -> None:
    """A schema with an impossible type is refused by the check the others pass."""
    with pytest.raises(SchemaError):
        Draft202012Validator.check_schema({"type": "text"})


@pytest.mark.parametrize("urn", sorted({*URNS} - FORMATS))
def test_a_schema_uses_only_the_agreed_keywords(urn: str) -> None:
    """A verdict depends on types and enum values alone, at every depth."""
    found = {path: set(schema) - KEYWORDS for path, schema in subschemas(contents(urn))}
    assert {} == {path: extra for path, extra in found.items() if extra}


@each_schema
def test_a_type_is_stated_wherever_a_value_is_listed_or_nested(urn: str) -> None:
    """`enum`, `properties`, `required` and `items` never stand without a `type`."""
    needy = {"enum", "properties", "required", "items"}
    walk = list(subschemas(contents(urn)))
    assert [] == [path for path, s in walk if needy & set(s) and "type" not in s]


@each_hosted
def test_an_id_is_the_urn_of_its_location(host: str, name: str) -> None:
    """The `$id` repeats folder and file name and looks like nothing that could be fetched."""
    assert f"urn:minibridge:{host}:{name}" == schemas.load(host, name)["$id"]


def test_the_id_of_a_shared_schema_names_no_host() -> None:
    """The trace record belongs to no host, and so does its URN."""
    assert schemas.shared("trace")["$id"] == "urn:minibridge:trace"


@each_schema
def test_required_names_exist(urn: str) -> None:
    """Whatever is required is also described, at every depth."""
    dangling = {
        path: set(schema["required"]) - set(schema["properties"])
        for path, schema in subschemas(contents(urn))
        if "required" in schema
    }
    assert {} == {path: names for path, names in dangling.items() if names}


@each_schema
def test_a_default_is_valid_by_its_own_property(urn: str) -> None:
    """A default has the type, and is one of the values, its property asks for."""
    defaults = [(path, s) for path, s in subschemas(contents(urn)) if "default" in s]
    assert [] == [path for path, schema in defaults if not accepts(schema, schema["default"])]


@each_schema
def test_a_since_version_is_dotted_numbers(urn: str) -> None:
    """`x-since` can be compared with a target's version."""
    versions = [s["x-since"] for _, s in subschemas(contents(urn)) if "x-since" in s]
    assert [] == [text for text in versions if not all(p.isdecimal() for p in text.split("."))]


@each_schema
def test_a_property_is_described(urn: str) -> None:
    """Every property says in a sentence what it is."""
    properties = [
        (path, schema)
        for path, schema in subschemas(contents(urn))
        if path and not path.endswith("[]")
    ]
    assert [] == [path for path, s in properties if not s.get("description", "").endswith(".")]


# --- sources


def source_faults(source: Mapping[str, str]) -> list[str]:
    """List what is wrong with one `x-source`."""
    checks = {
        "status": source.get("status") in STATUSES,
        "address": bool(ADDRESS.fullmatch(source.get("address", ""))),
        "date": bool(DATE.fullmatch(source.get("date", ""))),
        "note": source.get("status") == "documented" or bool(source.get("note")),
        "keys": set(source) <= {"status", "address", "date", "note"},
    }
    return [name for name, holds in checks.items() if not holds]


@each_options
def test_every_option_has_its_source(host: str, name: str) -> None:
    """Options, nested ones too, say where they are known from."""
    nested = subschemas({"properties": options_of(host, name)})
    faults = {p: source_faults(s.get("x-source", {})) for p, s in nested if p and p[-1] != "]"}
    assert {} == {path: found for path, found in faults.items() if found}


@each_hosted
def test_every_result_key_has_its_source(host: str, name: str) -> None:
    """The keys of what a host hands out say where they are known from."""
    properties = options_of(host, name)
    faults = {key: source_faults(schema["x-source"]) for key, schema in properties.items()}
    assert {} == {key: found for key, found in faults.items() if found}


@pytest.mark.parametrize(
    ("source", "faults"),
    [
        ({"status": "inferred", "address": "a/b", "date": "2026"}, ["note"]),
        ({"status": "guessed", "address": "a/b", "date": "2026", "note": "n"}, ["status"]),
        ({"status": "documented", "address": "https://a.b/c", "date": "2026-07"}, ["address"]),
        ({"status": "documented", "address": "a.b/c", "date": "last year"}, ["date"]),
    ],
)
def test_a_faulty_source_is_found(source: dict[str, str], faults: list[str]) -> None:
    """The check that all sources pass notices each kind of slip."""
    assert faults == source_faults(source)


def test_the_inferred_options_are_few_and_known() -> None:
    """No option rests on an inference without being named here."""
    inferred = [
        (host, name, key)
        for host, name in HOSTED
        for key, schema in options_of(host, name).items()
        if schema["x-source"]["status"] == "inferred"
    ]
    assert inferred == [
        ("feishu", "request", "dataType"),
        ("feishu", "request", "responseType"),
    ]


# --- the seeds' option tables

UNSTATED: Final = object()
"""The seed's table leaves the default blank; the host may still have one."""


class Row(NamedTuple):
    """One row of a seed's option table, as printed there, and the hosts it speaks of."""

    name: str
    type: str
    required: bool
    hosts: tuple[str, ...]
    default: object = UNSTATED
    since: str | None = None


MINI_PROGRAMS: Final = ("wx", "my", "feishu", "douyin")
UNI_HOSTS: Final = ("h5", "app")
EVERYWHERE: Final = MINI_PROGRAMS + UNI_HOSTS

SEED_000: Final = [
    Row("url", "string", required=True, hosts=EVERYWHERE),
    Row("files", "array", required=False, hosts=("h5",), since="2.6.15"),
    Row("files", "array", required=False, hosts=("app",)),
    Row("fileType", "string", required=True, hosts=("my",)),
    Row("file", "object", required=False, hosts=("h5",), since="2.6.15"),
    # One of `files` and `filePath`: alone it is required only where `files` does not exist.
    Row("filePath", "string", required=True, hosts=MINI_PROGRAMS),
    Row("filePath", "string", required=False, hosts=UNI_HOSTS),
    # Reading U10: the table requires `name`, the code of H5 and App does not.
    Row("name", "string", required=True, hosts=MINI_PROGRAMS),
    Row("name", "string", required=False, hosts=UNI_HOSTS),
    Row("header", "object", required=False, hosts=EVERYWHERE),
    Row("timeout", "number", required=False, hosts=UNI_HOSTS, default=60000, since="2.9.9"),
    Row("timeout", "number", required=False, hosts=("wx",), default=60000, since="2.10.0"),
    Row("timeout", "number", required=False, hosts=("my",), default=60000, since="10.2.80"),
    Row("timeout", "number", required=False, hosts=("douyin",), default=60000, since="1.0.0"),
    Row("formData", "object", required=False, hosts=EVERYWHERE),
]
SEED_003: Final = [
    Row("url", "string", required=True, hosts=("wx",)),
    Row("filePath", "string", required=True, hosts=("wx",)),
    Row("name", "string", required=True, hosts=("wx",)),
    Row("header", "object", required=False, hosts=("wx",)),
    Row("formData", "object", required=False, hosts=("wx",)),
    Row("timeout", "number", required=False, hosts=("wx",), since="2.10.0"),
    Row("enableProfile", "boolean", required=False, hosts=("wx",), default=True, since="3.5.0"),
    Row("enableHttp2", "boolean", required=False, hosts=("wx",), default=False, since="2.10.4"),
    Row("enableQuic", "boolean", required=False, hosts=("wx",), default=False, since="2.10.4"),
]
SEED_004: Final = [
    Row("url", "string", required=True, hosts=("feishu",)),
    Row("filePath", "string", required=True, hosts=("feishu",)),
    Row("name", "string", required=True, hosts=("feishu",)),
    Row("header", "object", required=False, hosts=("feishu",)),
    Row("formData", "object", required=False, hosts=("feishu",)),
]
CROSSED_ON_ALIPAY: Final = {"enableProfile", "enableHttp2", "enableQuic"}


def row_ids(seed: str, rows: list[Row]) -> list[Any]:
    """One test parameter per row and host."""
    return [pytest.param(h, row, id=f"{seed}-{row.name}-{h}") for row in rows for h in row.hosts]


@pytest.mark.parametrize(
    ("host", "row"),
    [*row_ids("000", SEED_000), *row_ids("003", SEED_003), *row_ids("004", SEED_004)],
)
def test_a_seed_row_is_an_option_of_its_host(host: str, row: Row) -> None:
    """Name, type, necessity, default and first version stand in the schema as in the seed."""
    option = options_of(host)[row.name]
    assert row.type == option["type"]
    assert row.required == (row.name in required_of(host))
    # Douyin counts every option from its first version; the seeds do not mention that one.
    assert (row.since or "1.0.0") == option.get("x-since", "1.0.0")
    if row.default is not UNSTATED:
        assert row.default == option["default"]


def test_seed_000_lists_the_items_of_files() -> None:
    """An entry has a name defaulting to `file`, a required uri, and on H5 a file object."""
    h5, app = (options_of(host)["files"]["items"] for host in UNI_HOSTS)
    assert ["name", "file", "uri"] == list(h5["properties"])
    assert ["name", "uri"] == list(app["properties"])
    for item in (h5, app):
        assert ["uri"] == item["required"]
        assert item["properties"]["name"]["default"] == "file"
    assert h5["properties"]["file"]["x-since"] == "2.6.15"


def test_seed_000_lists_the_file_types_of_alipay() -> None:
    """`fileType` is image, video or audio, and no other host knows it."""
    assert ["image", "video", "audio"] == options_of("my")["fileType"]["enum"]
    assert ["my"] == [host for host in schemas.hosts() if "fileType" in options_of(host)]


def test_seed_000_does_not_list_feishu_for_timeout() -> None:
    """`timeout` is an option of every host but Feishu."""
    assert ["feishu"] == [host for host in schemas.hosts() if "timeout" not in options_of(host)]


def test_seed_003_crosses_three_options_out_on_alipay() -> None:
    """The ticked columns are options of Alipay, the crossed ones are not."""
    known = {row.name for row in SEED_003 if row.name in options_of("my")}
    assert known == {row.name for row in SEED_003} - CROSSED_ON_ALIPAY


def test_seed_004_lists_all_that_feishu_takes() -> None:
    """Feishu's options are the table's rows, in its order, none with a default."""
    options = options_of("feishu")
    assert [row.name for row in SEED_004] == list(options)
    assert [] == [name for name, option in options.items() if "default" in option]


@each_options
def test_callbacks_and_layer_options_are_no_options_of_a_host(host: str, name: str) -> None:
    """Callbacks stay with the logic, and `domain` belongs to the uploader layer."""
    assert set() == {"success", "fail", "complete", "domain"} & set(options_of(host, name))


@pytest.mark.parametrize("host", MINI_PROGRAMS)
def test_problems_are_reported_address_first(host: str) -> None:
    """Address, path and field name come first and in the host's order."""
    assert ["url", "filePath", "name"] == list(options_of(host))[:3]
    assert ["url", "filePath", "name"] == required_of(host)[:3]


# --- the seeds' result tables

TIMES: Final = (
    *("redirectStart", "redirectEnd", "fetchStart", "domainLookUpStart", "domainLookUpEnd"),
    *("connectStart", "connectEnd", "SSLconnectionStart", "SSLconnectionEnd"),
    *("requestStart", "requestEnd", "responseStart", "responseEnd"),
)
NUMBERS: Final = (
    *("rtt", "estimate_nettype", "httpRttEstimate", "transportRttEstimate"),
    *("downstreamThroughputKbpsEstimate", "throughputKbps", "port"),
    *("sendBytesCount", "receivedBytedCount"),
)
SEED_003_PROFILE: Final[dict[str, tuple[str, str | None]]] = {
    **dict.fromkeys(("invokeStart", "queueStart", "queueEnd"), ("number", "3.8.10")),
    **dict.fromkeys((*TIMES, *NUMBERS), ("number", None)),
    **dict.fromkeys(("peerIP", "protocol"), ("string", None)),
    "socketReused": ("boolean", None),
    "usingHighPerformanceMode": ("boolean", "3.3.4"),
}


def test_seed_003_lists_the_fields_of_the_profile() -> None:
    """Each field has the listed spelling, type and version; the httpDNS ones are request-only."""
    profile = options_of("wx", "uploadFile.success")["profile"]
    fields = {n: (s["type"], s.get("x-since")) for n, s in profile["properties"].items()}
    assert SEED_003_PROFILE == fields
    assert profile["x-since"] == "3.5.0"


@pytest.mark.parametrize(
    ("host", "result", "always", "sometimes"),
    [
        ("wx", "success", ["data", "statusCode", "errMsg"], ["header", "cookies", "profile"]),
        ("wx", "fail", ["errMsg"], ["errno"]),
        ("my", "success", ["data", "statusCode", "header"], []),
        ("my", "fail", ["error", "errorMessage"], []),
        ("feishu", "success", ["data", "statusCode", "errMsg"], ["trace"]),
        ("feishu", "fail", ["errMsg"], ["trace", "errno", "errString", "data", "statusCode"]),
        ("douyin", "success", ["data", "statusCode", "errMsg"], ["profile"]),
        ("douyin", "fail", ["errMsg"], ["errNo"]),
        ("h5", "success", ["statusCode", "data", "errMsg"], ["header"]),
        ("h5", "fail", ["errMsg"], []),
        ("app", "success", ["data", "statusCode", "errMsg"], []),
        ("app", "fail", ["errMsg"], []),
    ],
)
def test_a_result_has_the_keys_of_its_host(
    host: str, result: str, always: list[str], sometimes: list[str]
) -> None:
    """What is always there is required; what a version or an option adds is described."""
    name = f"uploadFile.{result}"
    assert always == required_of(host, name)
    assert {*always, *sometimes} == set(options_of(host, name))


@pytest.mark.parametrize("host", ["app", "douyin", "feishu", "h5", "my", "wx"])
def test_only_alipay_may_hand_out_a_status_as_text(host: str) -> None:
    """Seed 000's note on the IDE's string status holds on Alipay alone."""
    result = schemas.load(host, "uploadFile.success")
    sample = {"data": "", "statusCode": "200", "header": {}, "errMsg": "uploadFile:ok"}
    assert (host == "my") == accepts(result, sample)
    assert accepts(result, {**sample, "statusCode": 200})


def test_seed_004_gives_a_failure_its_trace_from_a_version_on() -> None:
    """Feishu adds `trace` to a failure from client 4.7.0."""
    assert options_of("feishu", "uploadFile.fail")["trace"]["x-since"] == "4.7.0"


@pytest.mark.parametrize("host", ["app", "douyin", "feishu", "h5", "my", "wx"])
def test_a_progress_event_has_the_byte_counts_as_its_host_spells_them(host: str) -> None:
    """Alipay counts what was written, the others what was sent."""
    written = ["progress", "totalBytesWritten", "totalBytesExpectedToWrite"]
    sent = ["progress", "totalBytesSent", "totalBytesExpectedToSend"]
    assert (written if host == "my" else sent) == list(options_of(host, "uploadFile.progress"))
    assert ["progress"] == required_of(host, "uploadFile.progress")


# --- pickers


@pytest.mark.parametrize(
    ("host", "name", "defaults"),
    [
        (
            "wx",
            "chooseImage",
            {
                "count": 9,
                "sizeType": ["original", "compressed"],
                "sourceType": ["album", "camera"],
            },
        ),
        (
            "wx",
            "chooseMedia",
            {
                "count": 9,
                "mediaType": ["image", "video"],
                "sourceType": ["album", "camera"],
                "maxDuration": 10,
                "sizeType": ["original", "compressed"],
                "camera": "back",
            },
        ),
        ("wx", "chooseMessageFile", {"type": "all"}),
        (
            "my",
            "chooseImage",
            {
                "count": 1,
                "sizeType": ["original", "compressed"],
                "sourceType": ["camera", "album"],
            },
        ),
        (
            "feishu",
            "chooseImage",
            {
                "count": 9,
                "sizeType": ["original", "compressed"],
                "sourceType": ["album", "camera"],
            },
        ),
        ("douyin", "chooseImage", {"count": 9, "sourceType": ["album", "camera"]}),
        ("h5", "chooseImage", {"count": 9, "extension": ["*"]}),
        ("app", "chooseImage", {"count": 9}),
    ],
)
def test_a_picker_has_the_defaults_of_its_host(
    host: str, name: str, defaults: dict[str, object]
) -> None:
    """Alipay picks one image unless told otherwise, the others nine."""
    options = options_of(host, name)
    assert defaults == {key: s["default"] for key, s in options.items() if "default" in s}


def test_only_the_message_file_picker_requires_an_option() -> None:
    """`count` has to be given to chooseMessageFile, and nothing to any other picker."""
    required = {(h, n): required_of(h, n) for h, n in OPTIONS if n in PICKERS}
    assert {("wx", "chooseMessageFile"): ["count"]} == {k: r for k, r in required.items() if r}


# --- the trace record


@pytest.fixture
def record() -> dict[str, Any]:
    """Make the smallest record: a call that was refused before anything happened."""
    times = ("invoked", "queued", "dequeued", "dns", "connect")
    later = ("tls", "send", "sent", "first_byte", "end")
    return {
        "v": 1,
        "id": 1,
        "session": "s",
        "target": "wx",
        "profile_overrides": {},
        "api": "uploadFile",
        "started": 1785369600000,
        "options": {},
        "unknown_keys": [],
        "understood": None,
        "decisions": [],
        "conditions": [],
        "not_emulated": [],
        "times": dict.fromkeys((*times, *later)),
        "request": None,
        "response": None,
        "progress": [],
        "callbacks": [],
        "outcome": {"ok": False, "reason": "bad_parameter", "detail": None, "result": {}},
        "sink_upload": None,
    }


def test_a_minimal_record_is_accepted(record: dict[str, Any]) -> None:
    """A call may leave nearly everything empty."""
    assert accepts(schemas.shared("trace"), record)


def test_a_full_record_is_accepted(record: dict[str, Any]) -> None:
    """Decisions, parts, answer and callbacks have their described form."""
    source = {"status": "inferred", "address": "a.b/c", "date": "2026", "note": "why"}
    part = {"name": "f", "filename": "a.png", "type": "image/png", "size": 3, "preview": None}
    record["decisions"] = [{"step": "rules", "rule": "scheme", "effect": "none", "source": source}]
    record["request"] = {
        "url": "https://up.test/",
        "dialled": "http://127.0.0.1:8000/",
        "method": "POST",
        "headers": [["authorization", "***"]],
        "bytes": 512,
        "parts": [part],
    }
    record["response"] = {"status": 200, "headers": [], "bytes": 90, "preview": "{}"}
    record["progress"] = [[0.5, 100], [1.5, 512]]
    record["callbacks"] = [{"ms": 2, "name": "success", "payload": {"statusCode": 200}}]
    record["outcome"] = {"ok": True, "reason": None, "detail": None, "result": {"statusCode": 200}}
    record["sink_upload"] = 1
    assert accepts(schemas.shared("trace"), record)


def test_unknown_fields_of_a_record_are_accepted(record: dict[str, Any]) -> None:
    """A later minor addition does not break an older reader."""
    record["weather"] = "fine"
    record["times"]["lunch"] = 12
    assert accepts(schemas.shared("trace"), record)


@pytest.mark.parametrize("version", [2, 0, "1", None])
def test_an_unknown_version_of_a_record_is_refused(record: dict[str, Any], version: object) -> None:
    """Only version 1 is understood."""
    record["v"] = version
    assert not accepts(schemas.shared("trace"), record)


@pytest.mark.parametrize("field", sorted(schemas.shared("trace")["required"]))  # type: ignore[call-overload]  # a list of names
def test_a_record_lacking_a_field_is_refused(record: dict[str, Any], field: str) -> None:
    """What did not happen is null or empty, never left out."""
    del record[field]
    assert not accepts(schemas.shared("trace"), record)


# --- the package


def test_importing_the_package_loads_no_validator() -> None:
    """A command that validates nothing does not pay for jsonschema."""
    code = "import sys, schemas; print({'jsonschema', 'referencing'} & set(sys.modules))"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=30
    )
    assert done.stdout.strip() == "set()"


def test_a_schema_is_read_once() -> None:
    """Callers share one mapping, which makes it a key for compiled validators."""
    assert schemas.load("wx", "uploadFile") is schemas.load("wx", "uploadFile")


def test_an_unknown_schema_is_answered_with_what_exists() -> None:
    """The error lists the schemas of the host."""
    with pytest.raises(KeyError, match=r"'fly' for 'my'; it has chooseImage, request"):
        schemas.load("my", "fly")


def test_an_unknown_host_is_answered_with_what_exists() -> None:
    """The error lists the hosts."""
    with pytest.raises(KeyError, match=r"'swan'; there is app, douyin, feishu, h5, my, wx"):
        schemas.load("swan", "uploadFile")


def test_an_unknown_shared_schema_is_answered_with_what_exists() -> None:
    """The error lists the schemas that belong to no host."""
    with pytest.raises(KeyError, match=r"'diary'; there is .*trace"):
        schemas.shared("diary")


@pytest.mark.parametrize("name", ["../my/uploadFile", "", "uploadFile.json"])
def test_a_name_is_no_path(name: str) -> None:
    """Only listed names are read."""
    with pytest.raises(KeyError):
        schemas.load("wx", name)


def test_a_reference_finds_its_urn_and_nothing_is_fetched() -> None:
    """A `$ref` resolves within the registry; an address outside it is an error."""
    registry = schemas.registry()
    by_urn = {"$ref": "urn:minibridge:wx:uploadFile.fail"}
    assert accepts(by_urn, {"errMsg": "uploadFile:fail"})
    assert not accepts(by_urn, {})
    with pytest.raises(Unresolvable):
        registry.resolver().lookup("https://127.0.0.1:1/schema.json")


@pytest.fixture
def acme(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Install a third party's package with schemas of its own; gives its host name."""
    folder = tmp_path / "acme_schema_host" / "schemas" / "acme"
    folder.mkdir(parents=True)
    (folder.parent.parent / "__init__.py").touch()
    (folder / "uploadFile.json").write_text(
        f'{{"$schema": "{DIALECT}", "$id": "urn:minibridge:acme:uploadFile",'
        ' "$ref": "urn:minibridge:wx:uploadFile"}',
        encoding="utf-8",
    )
    monkeypatch.syspath_prepend(tmp_path)
    return "acme_schema_host:schemas/acme"


def test_a_third_party_keeps_its_schemas_in_its_own_package(acme: str) -> None:
    """`package:folder` is listed, read and registered like a host of ours."""
    assert ("uploadFile",) == schemas.names(acme)
    assert schemas.load(acme, "uploadFile")["$id"] == "urn:minibridge:acme:uploadFile"
    assert "urn:minibridge:acme:uploadFile" in schemas.registry(acme)
    options = {"url": "https://up.test/", "filePath": "wxfile://tmp_a.png", "name": "file"}
    assert accepts(schemas.load(acme, "uploadFile"), options)
    assert not accepts(schemas.load(acme, "uploadFile"), {**options, "name": 1})


@pytest.mark.parametrize(
    ("host", "message"),
    [
        ("no_such_package_here:schemas", "no package 'no_such_package_here'"),
        ("json.decoder:schemas", "schemas"),
        (":schemas", "no package ''"),
        ("json:schemas", "no folder 'schemas' in the package 'json'"),
    ],
)
def test_a_wrong_third_party_address_says_which_half_is_wrong(host: str, message: str) -> None:
    """The package and the folder in it are named apart."""
    with pytest.raises(KeyError, match=message):
        schemas.load(host, "uploadFile")
