"""The page's code: real modules, joined without losing what keeps them apart."""

from __future__ import annotations

import re
import subprocess
from importlib import resources

import pytest

from bridge.report import bundle
from tests import npm

MODULES = sorted(
    entry.name
    for entry in resources.files("bridge.report").joinpath("web").iterdir()
    if entry.name.endswith(".mjs")
)
# Each starts a page as it loads.
ENTRIES = ("file.mjs", "live.mjs", "check.mjs", "matrix.mjs")
# What could make markup or code out of data.
DANGERS = (
    "innerHTML",
    "outerHTML",
    "insertAdjacentHTML",
    "document.write",
    "DOMParser",
    "eval(",
    "new Function",
    "setTimeout('",
    "srcdoc",
    "createContextualFragment",
    "fetch(",
    "import(",
    "XMLHttpRequest",
    "localStorage",
)


def modules_of(script: str) -> list[str]:
    """Return the modules of a script, in its order."""
    return re.findall(r"^modules\['([\w-]+\.mjs)'\] = ", script, re.MULTILINE)


@pytest.mark.parametrize("entry", ENTRIES)
def test_every_module_is_in_the_script_once_and_after_what_it_imports(entry: str) -> None:
    """A page's first module brings in all the others."""
    script = bundle.script(entry)
    order = modules_of(script)
    assert len(order) == len(set(order))
    for name in order:
        imported = re.findall(r"from '\./(.+)';", bundle.text_of(name))
        assert {*imported} <= {*order[: order.index(name)]}
    assert [] == re.findall(r"^(?:import|export)\b.*", script, re.MULTILINE)


def test_every_module_is_on_some_page() -> None:
    """None is left over."""
    assert {*MODULES} == {name for entry in ENTRIES for name in modules_of(bundle.script(entry))}


@pytest.mark.parametrize("name", MODULES)
def test_a_module_is_one_to_node_as_well(name: str) -> None:
    """It loads with what it imports by name, so each name exists; loading does nothing else."""
    path = str(resources.files("bridge.report").joinpath("web", name))
    flags = ["--check"] if name in ENTRIES else []
    done = subprocess.run(
        [npm.first_node().node, *flags, path],
        capture_output=True,
        text=True,
        check=False,
        timeout=50,
    )
    assert (0, "") == (done.returncode, done.stderr)


@pytest.mark.parametrize("name", MODULES)
def test_nothing_makes_markup_or_code_of_data(name: str) -> None:
    """The page builds elements and texts; it parses no markup, evaluates and fetches nothing."""
    text = bundle.text_of(name)
    # The live page asks its own server, as its policy has it.
    allowed = {"fetch("} if name == "live.mjs" else set()
    assert allowed == {danger for danger in DANGERS if danger in text}


def test_nothing_in_the_code_can_end_its_element() -> None:
    """An inline script and style end at the first tag of their own."""
    assert [] == [found for e in ENTRIES for found in re.findall(r"</|<!--", bundle.script(e))]
    assert "<" not in bundle.style("tokens.css", "report.css")
