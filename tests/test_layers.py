"""A call on its way down through layers, and its result on the way up."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from bridge import undefined
from bridge.layers import chain, describe, describe_host, down, heard, main_namespace, up
from bridge.options import rules_for
from bridge.target import resolve
from bridge.trace import Decisions

if TYPE_CHECKING:
    from bridge.profile import Options, Result

API = "uploadFile"


def passed(called: str, options: Options, **config: object) -> tuple[Options, list[str]]:
    """Return the options that a target's host gets, and what the record tells of them."""
    target, decisions = resolve(called), Decisions()
    layers = chain(target, main_namespace(target))
    found = down(layers, target.profile, API, options, {layers[0].name: config}, decisions)
    return found, [str(note["effect"]) for note in decisions.to_json({})]


@pytest.mark.parametrize(
    ("target", "given", "name"),
    [
        ("uni/my", {"name": "a", "fileName": "b"}, "a"),
        ("uni/my", {"fileName": "b", "name": "a"}, "a"),
        ("mpx/my", {"name": "a", "fileName": "b"}, "b"),
        ("mpx/my", {"fileName": "b", "name": "a"}, "a"),
    ],
)
def test_of_two_values_for_one_name_the_layers_choice_stands(
    target: str, given: Options, name: str
) -> None:
    """On `uni` it is the renamed one, on `mpx` whichever came last."""
    assert {"fileName": name} == passed(target, given)[0]


@pytest.mark.parametrize(
    ("target", "given", "effects"),
    [
        ("uni/my", {"name": "a"}, ["uni passes name as fileName"]),
        ("uni/my", {"url": "u"}, []),
        ("uni/wx", {"name": "a"}, []),
        ("uploader/wx", {}, ["uploader rewrote the options"]),
    ],
)
def test_the_record_tells_what_a_layer_made_of_the_options(
    target: str, given: Options, effects: list[str]
) -> None:
    """And nothing of what it left alone."""
    assert effects == passed(target, given)[1]


@pytest.mark.parametrize(
    ("given", "files", "name"),
    [
        ({}, [], "f"),
        ({"files": [1], "name": "n"}, [1], "n"),
        ({"files": undefined, "name": undefined}, [], "f"),
    ],
)
def test_a_layer_fills_in_what_the_caller_left_out(
    given: Options, files: object, name: str
) -> None:
    """`uploader` always passes `files`, and its config; undefined is left out as well."""
    assert {"files": files, "name": name} == passed("uploader/wx", given, name="f")[0]


def test_a_result_is_rewritten_by_the_lowest_layer_first(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Each one sees what the layer beneath it made."""
    target = resolve("uploader/wx")

    def adding(word: str) -> dict[str, object]:
        return {"wx": lambda api, result: {**result, "way": f"{result['way']} {api} {word}"}}

    layers = tuple(replace(each, results=adding(each.name)) for each in target.layers)  # type: ignore[arg-type]
    result: Result = {"way": "host"}
    assert {"way": f"host {API} uni {API} uploader"} == up(layers, target.profile, API, result)
    assert result == up(layers, resolve("my").profile, API, result)
    assert [] == caplog.records


@pytest.mark.parametrize(
    ("target", "events"),
    [
        ("wx", {"progressUpdate", "headersReceived"}),
        ("tt:feishu", {"progressUpdate"}),
        ("wx@1.9", {"progressUpdate"}),
        ("my:ide", set()),
    ],
)
def test_only_what_a_task_has_a_listener_for_is_heard(target: str, events: set[str]) -> None:
    """A version or a simulator may have fewer, or none."""
    assert events == heard(resolve(target), API)


def test_a_layer_has_the_functions_that_it_hands_on_and_no_more() -> None:
    """`uni` and `mpx` pass what Alipay has, the uploader nothing; its host has all the same."""
    host, uni, mpx = (set(describe(resolve(f"{name}my"))["my"]) for name in ("", "uni/", "mpx/"))
    assert host == uni == mpx
    for layer in ("uni", "mpx"):
        assert "isIDE" in describe(resolve(f"{layer}/my"))[layer]
    own = {"upload", "config", "setHeader", "setFormData"}
    assert own == set(describe(resolve("uploader/my"))["uploader"])


def test_a_host_without_requests_describes_none() -> None:
    """Every host here has them; one of somebody else's may not."""
    assert "request" in describe_host(resolve("wx"))
    assert "request" not in describe_host(resolve("wx", {"request": None}))


@pytest.mark.parametrize(
    ("target", "function", "api", "more"),
    [
        ("wx", "uploadFile", API, ()),
        ("my", "uploadFile", API, ()),
        ("uni/my", "uploadFile", API, ()),
        ("uni/my", "request", "request", ("header",)),
        ("uploader/wx", "upload", API, ("domain",)),
    ],
)
def test_the_options_that_cross_are_those_that_somebody_knows(
    target: str, function: str, api: str, more: tuple[str, ...]
) -> None:
    """The host's in each of its spellings, those a layer renames for it, and the layer's own."""
    found = resolve(target)
    seen = found.requesting if api == "request" else found
    assert seen is not None
    known = (*rules_for(seen, api).properties, *seen.profile.option_aliases, *more)
    assert known == describe(found)[main_namespace(found)][function].keys
