"""`minibridge targets`: the list, and one target in full."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bridge.look import cell_width
from bridge.reasons import Reason
from bridge.target import all_names

if TYPE_CHECKING:
    from conftest import Run  # type: ignore[import-not-found]


def listed(run: Run, *flags: str) -> dict[str, dict[str, object]]:
    """Return the list as data, by target."""
    return {str(one["target"]): one for one in run("targets", "--json", *flags).json}


def test_every_target_is_listed(run: Run) -> None:
    """The list and its JSON hold every target, each with its aliases."""
    out = run("targets").out
    words = {word.rstrip(",") for line in out.splitlines() for word in line.split()}
    assert set(all_names()) <= words
    assert {"wx:device", "my:device", "tt", "uni", "mpx", "uploader"} <= words
    assert list(all_names()) == list(listed(run))


def test_a_line_tells_what_sets_a_host_apart(run: Run) -> None:
    """Title, version, limit, overflow, status type, return and failure shape are all there."""
    assert {
        "target": "wx:devtools",
        "aliases": [],
        "title": "WeChat developer tools",
        "version_counts": "base library",
        "limit": 10,
        "overflow": "reject",
        "status_code": "number",
        "returns": "task",
        "fail": ["errMsg", "errno"],
    } == listed(run)["wx:devtools"]
    assert "@base library, statusCode 200, 10 at once, more fail" in run("targets").out


def test_a_layer_changes_returns_and_failures(run: Run) -> None:
    """`uni` over Alipay hides the task without callbacks and rewrites the failure."""
    found = listed(run)
    assert ["error", "errorMessage"] == found["mpx/my"]["fail"]
    assert ["errMsg"] == found["uni/my"]["fail"]
    assert "promise+task or a promise without callbacks" == found["uni/my"]["returns"]
    assert "promise" == found["uni/my:ide"]["returns"]
    assert "uni-app over Alipay on a phone" == found["uni/my"]["title"]


def test_set_changes_the_list(run: Run) -> None:
    """Another reading shows in every row."""
    assert {"string"} == {
        one["status_code"] for one in listed(run, "--set", "status_code=string").values()
    }


@pytest.mark.parametrize("width", [80, 200])
@pytest.mark.parametrize("name", [(), ("my:ide",), ("uploader/tt:feishu@4.6",)])
def test_no_line_is_wider_than_the_terminal(
    run: Run, monkeypatch: pytest.MonkeyPatch, width: int, name: tuple[str, ...]
) -> None:
    """The list and the fields keep within the width."""
    monkeypatch.setenv("COLUMNS", str(width))
    assert width >= max(map(cell_width, run("targets", *name).out.splitlines()))


def test_each_field_has_its_source(run: Run) -> None:
    """One target in full shows value, status and address of each field, inferred ones marked."""
    out = run("targets", "my:ide").out
    assert "?  max_redirects         5" in out
    assert "inferred: AlipayDocs/open-docs" in out
    assert "documented: opendocs.alipay.com/mini/api/kmq4hc (2022-11-28)" in out
    assert "facts" in out.splitlines()[1]


def test_fields_as_data_hold_hosts_layers_options_and_texts(run: Run) -> None:
    """The JSON of one target holds every section, and a text for every reason."""
    facts = run("targets", "uni/my", "--json").json
    fields = {(one["section"], one["field"]): one for one in facts}
    renamed = {"my": {"name": "fileName"}, "my.request": {"header": "headers"}}
    assert renamed == fields["Layer uni", "rename"]["value"]
    assert "required" == fields["Host my", "file_type"]["value"]
    assert ["image", "video", "audio"] == fields["Options of uploadFile", "fileType"]["value"][
        "enum"
    ]
    assert {str(reason) for reason in Reason} == {
        one["field"] for one in facts if one["section"].startswith("What it says")
    }
    late = fields["What request says where an upload says otherwise", "timeout"]
    assert 13 == late["value"]["code"]
    assert 30000 == fields["Request", "fixed_timeout"]["value"]
    assert {"my": "platforms.uni.alipay_result"} == fields["Layer uni", "results"]["value"]


def test_a_changed_field_is_marked(run: Run) -> None:
    """`--set` shows the new value, and that no source stands behind it."""
    ran = run("targets", "wx", "--set", "limit=3")
    assert "limit                 3" in ran.out
    assert "changed by --set" in ran.out


def test_an_unknown_target_is_a_mistake(run: Run) -> None:
    """A bad name exits with 2 and lists what exists."""
    ran = run("targets", "weixin")
    assert (2, "") == (ran.status, ran.out)
    assert "known: app, h5, mpx" in ran.err
