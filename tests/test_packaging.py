"""The distribution as a user gets it: what is inside, and whether it works away from here."""

from __future__ import annotations

import json
import subprocess
import sys
import sysconfig
import tomllib
import venv
import zipfile
from dataclasses import dataclass
from email.parser import HeaderParser
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = {"bridge", "platforms", "schemas"}
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
TARGETS = PROJECT["entry-points"]["minibridge.platforms"]

ACME_PROJECT = """\
[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"

[project]
name = "acme-host"
version = "1.0"

[project.entry-points."minibridge.platforms"]
acme = "acme_host:PROFILE"

[tool.hatch.build.targets.wheel]
only-include = ["acme_host.py"]
"""

ACME_MODULE = """\
import dataclasses

from platforms.wechat import PHONE

PROFILE = dataclasses.replace(PHONE, name="acme", aliases=(), title="the Acme super-app")
"""

PRINT_PUBLIC_NAMES = """
import json, bridge, platforms, schemas
print(json.dumps([sorted(bridge.__all__), bridge.__file__, platforms.__file__, schemas.__file__]))
"""

PRINT_TARGETS = """
import json
from importlib.metadata import entry_points
found = {e.name: e.load() for e in entry_points(group="minibridge.platforms")}
print(json.dumps({n: [v.name, *getattr(v, "aliases", ())] for n, v in found.items()}))
"""


@dataclass(frozen=True, slots=True)
class Environment:
    """A virtual environment and the unrelated folder its programs run in."""

    folder: Path
    elsewhere: Path

    def run(self, program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run one of the environment's programs and capture what it prints."""
        return subprocess.run(
            [self.folder / "bin" / program, *arguments],
            cwd=self.elsewhere,
            capture_output=True,
            text=True,
            check=False,
        )

    def python(self, code: str) -> str:
        """What isolated code prints; the working directory is not on its path."""
        done = self.run("python", "-I", "-c", code)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def install(self, wheel: Path) -> None:
        """Install a wheel with the pip that runs the tests, from the file alone."""
        pip = [sys.executable, "-m", "pip", "--python", str(self.folder / "bin" / "python")]
        options = ["--quiet", "--no-deps", "--no-index", "--disable-pip-version-check"]
        command(*pip, "install", *options, str(wheel))


def command(*argv: str) -> None:
    """Run a packaging tool; its output is the message when it fails."""
    done = subprocess.run(argv, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def build(source: Path, target: Path, *only: str) -> Path:
    """Build a project with the hatchling that is installed here; gives its wheel."""
    options = ["--no-isolation", "--outdir", str(target), *only]
    command(sys.executable, "-m", "build", *options, str(source))
    [wheel] = target.glob("*.whl")
    return wheel


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built from the source archive, which thereby proves complete."""
    return build(ROOT, tmp_path_factory.mktemp("dist"))


@pytest.fixture(scope="session")
def environment(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Environment:
    """An environment that holds the wheel and nothing else of this project."""
    folder = tmp_path_factory.mktemp("environment")
    venv.create(folder, symlinks=True)
    made = Environment(folder, tmp_path_factory.mktemp("elsewhere"))
    made.install(wheel)
    # The run-time dependencies are borrowed, not downloaded: a path entry makes the libraries of
    # the running environment importable. Entries inside a borrowed folder are not followed, so
    # this project's own editable install stays out, and the wheel's folder comes first anyway.
    borrowed = {sysconfig.get_path("purelib"), sysconfig.get_path("platlib")}
    [libraries] = folder.glob("lib/python*/site-packages")
    (libraries / "borrowed.pth").write_text("\n".join(sorted(borrowed)), encoding="utf-8")
    return made


@pytest.fixture(scope="session")
def acme(environment: Environment, tmp_path_factory: pytest.TempPathFactory) -> Environment:
    """The same environment after somebody else's distribution has been installed."""
    source = tmp_path_factory.mktemp("acme")
    (source / "pyproject.toml").write_text(ACME_PROJECT, encoding="utf-8")
    (source / "acme_host.py").write_text(ACME_MODULE, encoding="utf-8")
    environment.install(build(source, tmp_path_factory.mktemp("acme-dist"), "--wheel"))
    return environment


def test_the_wheel_holds_three_packages_and_its_metadata(wheel: Path) -> None:
    """Nothing but bridge, platforms and schemas lands in a user's site-packages."""
    with zipfile.ZipFile(wheel) as archive:
        top = {name.partition("/")[0] for name in archive.namelist()}
    assert PACKAGES | {f"minibridge-{PROJECT['version']}.dist-info"} == top


def test_the_wheel_holds_every_schema_and_every_case(wheel: Path) -> None:
    """Every JSON Schema and every conformance case of the source tree is package data."""
    places = ("schemas/**/*.json", "bridge/conformance/**/*.json")
    found = (path for place in places for path in ROOT.glob(place))
    expected = {path.relative_to(ROOT).as_posix() for path in found}
    with zipfile.ZipFile(wheel) as archive:
        shipped = {name for name in archive.namelist() if name.endswith(".json")}
    assert expected
    assert expected == shipped


def test_the_wheel_says_that_it_is_typed(wheel: Path) -> None:
    """Each package has its py.typed, so that type checkers read its annotations."""
    with zipfile.ZipFile(wheel) as archive:
        marks = {name for name in archive.namelist() if name.endswith("py.typed")}
    assert {f"{package}/py.typed" for package in PACKAGES} == marks


def test_the_wheel_asks_for_run_time_packages_only(wheel: Path) -> None:
    """What is installed unasked is the declared run-time list; the rest needs an extra."""
    with zipfile.ZipFile(wheel) as archive:
        [name] = [name for name in archive.namelist() if name.endswith("dist-info/METADATA")]
        metadata = HeaderParser().parsestr(archive.read(name).decode())
    required = metadata.get_all("Requires-Dist", [])
    assert set(PROJECT["dependencies"]) == {each for each in required if "extra ==" not in each}


def test_the_wheel_imports_in_an_empty_environment(environment: Environment) -> None:
    """The three packages come from the wheel, and every public name is there."""
    names, *files = json.loads(environment.python(PRINT_PUBLIC_NAMES))
    assert {"Bridge", "BridgeError"} <= set(names)
    assert all(Path(file).is_relative_to(environment.folder) for file in files)
    environment.python(f"from bridge import {', '.join(names)}")


def test_every_registered_target_is_found_under_its_own_name(environment: Environment) -> None:
    """Entry points load, each named after its target with a hyphen for the colon."""
    found = json.loads(environment.python(PRINT_TARGETS))
    assert set(TARGETS) == set(found) - {"acme"}
    wrong = {
        name: names
        for name, names in found.items()
        if name not in {each.replace(":", "-") for each in names}
    }
    assert {} == wrong


def test_the_command_says_its_version(environment: Environment) -> None:
    """`minibridge --version` prints the version of the installed distribution."""
    done = environment.run("minibridge", "--version")
    assert done.returncode == 0, done.stderr
    assert PROJECT["version"] in done.stdout.split()


def test_somebody_elses_host_is_listed(acme: Environment) -> None:
    """A host registered by another distribution is a target like any other."""
    done = acme.run("minibridge", "targets")
    assert done.returncode == 0, done.stderr
    assert "acme" in done.stdout.split()


@pytest.mark.parametrize("target", ["acme", "uploader/acme"])
def test_somebody_elses_host_uploads(acme: Environment, target: str) -> None:
    """An upload on it, directly or under a layer, reaches the embedded server and succeeds."""
    (acme.elsewhere / "note.txt").write_text("hello", encoding="utf-8")
    done = acme.run("minibridge", "upload", "note.txt", "--on", target, "--json")
    assert done.returncode == 0, done.stdout + done.stderr
    assert target in json.dumps(json.loads(done.stdout))


@pytest.mark.parametrize("package", ["platforms", "schemas"])
def test_a_foreign_sibling_is_named_at_import(
    package: str, environment: Environment, tmp_path: Path
) -> None:
    """Where another package hides ours, importing bridge says which one, in one sentence."""
    intruder = tmp_path / package / "__init__.py"
    intruder.parent.mkdir()
    intruder.touch()
    code = f"import sys; sys.path.insert(0, {str(tmp_path)!r}); import bridge"
    done = environment.run("python", "-I", "-c", code)
    assert done.returncode == 1
    last = done.stderr.splitlines()[-1]
    assert last.startswith(("ImportError: ", "bridge.errors.BridgeError: "))
    assert str(intruder.parent) in last
