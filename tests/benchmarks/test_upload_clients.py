"""The measurements themselves: every client sends what it should, and a run ends in its files."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from benchmarks.upload import chart, check, peers
from benchmarks.upload.figures import Figure, table
from benchmarks.upload.job import Job
from benchmarks.upload.peers import Missing
from benchmarks.upload.runs import CLIENTS, Client, Totals, sink

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_SENDING = [name for name in CLIENTS if "nothing" not in name]


@pytest.fixture(scope="module", autouse=True)
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Run in a folder of the tests' own, where programs are compiled to."""
    folder = tmp_path_factory.mktemp("benchmarks")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        peers.compiled.cache_clear()
        yield folder
        peers.compiled.cache_clear()


@pytest.fixture
def compiler() -> None:
    """Skip where the sink cannot be compiled."""
    program = peers.compiled("sink")
    if isinstance(program, Missing):
        pytest.skip(program.reason)


@pytest.mark.usefixtures("compiler")
@pytest.mark.parametrize("name", _SENDING)
async def test_every_client_sends_the_file(place: Path, name: str) -> None:
    """The sink counts the uploads and hashes each file."""
    why = CLIENTS[name].missing()
    if why is not None:
        pytest.skip(why)
    await check.arrives(name, place, sizes=[40_001])


@pytest.mark.usefixtures("compiler")
async def test_other_bytes_are_noticed(place: Path) -> None:
    """A client whose uploads are too few, too many or too short is not measured."""
    file, other = place / "file", place / "other"
    file.write_bytes(bytes(5000))
    other.write_bytes(bytes(3000))
    honest = CLIENTS["C sendfile"]
    job = Job("", str(file), str(file))

    def cheating(**changes: object) -> Client:
        return replace(honest, command=lambda s, j: honest.command(s, replace(j, **changes)))  # type: ignore[arg-type]

    with sink("count", place) as counting:
        await honest.run(counting, job)
        for client in (cheating(count=2), cheating(count=0), cheating(file=str(other))):
            with pytest.raises(RuntimeError, match="arrived"):
                await client.run(counting, job)


@pytest.mark.usefixtures("compiler")
async def test_the_sink_tells_files_apart(place: Path) -> None:
    """Totals name the newest file's hash and how many in a row had it, and then start anew."""
    first, second = place / "first", place / "second"
    first.write_bytes(b"1")
    second.write_bytes(b"2")
    with sink("hash", place) as hashing:
        job = Job("", str(second), str(first), count=2)
        _, totals = await CLIENTS["C sendfile"].checked(hashing, job)
        assert (totals.uploads, totals.same) == (3, 2)
        assert hashing.take_totals() == Totals(0, 0)


async def test_the_sink_over_tls_counts_too(place: Path) -> None:
    """Over TLS the same client is counted in the same way."""
    file = place / "file"
    file.write_bytes(bytes(70_000))
    with sink("tls", place) as secure:
        sample = await CLIENTS["emulated"].run(secure, Job("", str(file), str(file), count=2))
    assert sample.seconds > 0
    assert sample.cpu > 0


@pytest.mark.usefixtures("compiler")
def test_a_run_ends_in_tables_a_file_and_a_chart(place: Path) -> None:
    """One part at its smallest: the table is shown, and JSON and chart lie beside each other."""
    words = ["-m", "benchmarks.upload", "layer", "--quick", "--no-check"]
    done = subprocess.run(
        [sys.executable, *words, "--calls", "20"],
        cwd=place,
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    results = json.loads((place / "build" / "benchmarks" / "upload.json").read_text("utf-8"))
    assert "the layer's share of a call" in done.stdout
    assert {"python", "network", "curl", "aiohttp"} <= set(results["about"])
    titles = [each["title"] for each in results["measured"]]
    assert "a call over a transport that sends nothing, CPU" in titles
    layer = results["figures"][0]
    assert layer["verdict"] in ("goal", "floor", "missed")
    assert len(layer["values"]) == 2
    assert (place / "build" / "benchmarks" / "upload.svg").read_text("utf-8").startswith("<svg")


def test_a_chart_has_a_bar_for_each_subject() -> None:
    """The longest stands first, ours is marked, and names cannot break the picture."""
    measured = {
        "title": "one file of 1 GiB, throughput by wall time",
        "unit": "MB/s",
        "better": "higher",
        "medians": {"emulated": 90.0, "<C>": 100.0},
        "quartiles": {"emulated": [80.0, 95.0], "<C>": [99.0, 101.0]},
    }
    drawn = chart.draw([measured])
    assert drawn.index("&lt;C&gt;") < drawn.index("emulated")
    assert drawn.count('<rect class="bar"') == drawn.count('<rect class="ours"') == 1


@pytest.mark.parametrize(
    ("better", "value", "verdict"),
    [
        ("higher", 4.0, "goal"),
        ("higher", 3.0, "floor"),
        ("higher", 2.9, "missed"),
        ("lower", 2.0, "goal"),
        ("lower", 3.0, "floor"),
        ("lower", 3.1, "missed"),
    ],
)
def test_a_figure_is_judged_by_its_median(better: str, value: float, verdict: str) -> None:
    """The goal, at least the floor, or neither."""
    goal = 4.0 if better == "higher" else 2.0
    figure = Figure("x", "x", better, 3.0, goal, [value, value, 100 * value])  # type: ignore[arg-type]
    assert figure.verdict == verdict
    assert f"| **{value:.2f}x** |" in table([figure])


def test_a_figure_that_was_not_measured_says_why() -> None:
    """It has no verdict, and its row gives the reason."""
    figure = Figure("x", "x", "higher", 1.0, 2.0, missing="there is no `curl` on PATH")
    assert figure.verdict == "not measured"
    assert "there is no `curl` on PATH" in table([figure])
