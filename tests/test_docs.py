"""Every code block of the guides runs; what cannot run here is checked against the project."""

from __future__ import annotations

import contextlib
import doctest
import os
import re
import signal
import subprocess
import sys
import tomllib
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
# A translation has the code of its original, and other words around it.
# Their code is proved to be that of the original, which runs.
TRANSLATIONS = {
    "README.zh-CN.md": "README.md",
    "docs/zh-CN/first-test.md": "docs/first-test.md",
    "docs/zh-CN/javascript-runners.md": "docs/javascript-runners.md",
}
GUIDES = (
    "README.md",
    "CONTRIBUTING.md",
    "docs/compare.md",
    "docs/conformance.md",
    "docs/first-test.md",
    "docs/javascript.md",
    "docs/limits.md",
    "docs/live.md",
    "docs/network.md",
    "docs/performance.md",
    "docs/protocol.md",
    "docs/report.md",
    "docs/sweep.md",
    "docs/writing-a-host.md",
)
# Their code is that of other test runners, which tests/runners starts.
RUN_ELSEWHERE = ("docs/javascript-runners.md",)
# They have no code: `minibridge matrix` writes them, as tests check.
GENERATED = ("docs/matrix.md", "docs/conditions.md")
# They are made of other files: tests/test_site.py builds the site.
FRAMES = ("docs/index.md", "docs/contributing.md", "docs/security.md", "docs/zh-CN/index.md")
RUNNABLE = {"python", "console", "sh"}
SHOWN = {"text", "json", "toml", "yaml", "javascript"}
SECONDS = 100

BLOCK = re.compile(
    r"(?:^<!-- file: (?P<file>\S+) -->\n+)?"
    r"^(?P<fence>`{3,})(?P<language>[^\n`]*)\n(?P<text>.*?)^(?P=fence)[ ]*$",
    re.DOTALL | re.MULTILINE,
)
COMMENT = re.compile(r"(?:(?<=^#)|(?<=\s#)|(?<=^//)|(?<=\s//)) .*$", re.MULTILINE)
STATUS = re.compile(r"\n?@@status (\d+)\n")


@dataclass(frozen=True, slots=True)
class Block:
    """One fenced block: `file` is the name it is saved under, if its comment gives one."""

    guide: str
    line: int
    language: str
    text: str
    file: str | None

    def __str__(self) -> str:
        return f"{self.guide}:{self.line}"


@dataclass(frozen=True, slots=True)
class Command:
    """One command line of a block, with the output the guide shows for it (empty: none shown)."""

    line: str
    shown: str


def blocks_of(guide: str, text: str) -> list[Block]:
    """The fenced blocks of a guide, in order; `line` is that of the opening fence."""
    return [
        Block(
            guide,
            1 + text.count("\n", 0, match.start("fence")),
            match["language"].strip(),
            match["text"],
            match["file"],
        )
        for match in BLOCK.finditer(text)
    ]


def blocks_in(guide: str) -> list[Block]:
    """The fenced blocks of a guide that exists."""
    return blocks_of(guide, (ROOT / guide).read_text(encoding="utf-8"))


def commands_of(block: Block) -> list[Command]:
    """In a console block `$ ` starts a command and the rest is output; in sh all is commands."""
    text = block.text.replace("\\\n", "")
    if block.language == "sh":
        plain = (line.removeprefix("$ ") for line in text.splitlines())
        return [Command(line, "") for line in plain if line and not line.startswith("#")]
    pieces = re.split(r"^\$ ", text, flags=re.MULTILINE)
    assert pieces[0] == "", f"{block}: a console block starts with a command"
    split = (piece.partition("\n") for piece in pieces[1:])
    return [Command(line, shown.strip("\n")) for line, _, shown in split]


def stand_in(line: str) -> str:
    """What runs in the place of a command; those that need a network or minutes are checked."""
    words = re.sub(r"\s#.*", "", line).split()
    if words[0] == "make":
        targets = [word for word in words[1:] if "=" not in word]
        assert set(targets) <= make_targets(), f"the Makefile lacks a target of `{line}`"
        return ":"
    if words[:2] == ["git", "clone"]:
        # The working directory already plays the clone, so the guide's `cd` stays in it.
        return f"ln -s . {Path(words[-1]).stem}"
    if re.search(r"\bpip install\b", line):
        extras = re.findall(r"(?:minibridge|\.)\[([\w,-]+)\]", line)
        asked = {name for names in extras for name in names.split(",")}
        assert asked <= declared_extras(), f"pyproject.toml lacks an extra of `{line}`"
        return ":"
    return line


def make_targets() -> set[str]:
    """The targets a person can ask for."""
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    return set(re.findall(r"^([a-z]+):", makefile, re.MULTILINE))


def declared_extras() -> set[str]:
    """The optional dependencies of the distribution."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return set(project["optional-dependencies"])


def run(argv: list[str], directory: Path) -> tuple[int, str]:
    """Run one process as a reader would on an 80-column terminal; gives its status and output."""
    environment = {
        **os.environ,
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "COLUMNS": "80",
        "NO_COLOR": "1",
    }
    # A file, not a pipe: a server the block leaves in the background would keep a pipe open.
    with (directory / ".output").open("w+", encoding="utf-8") as output:
        child = subprocess.Popen(
            argv,
            cwd=directory,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            status = child.wait(SECONDS)
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(child.pid, signal.SIGTERM)
        output.seek(0)
        return status, output.read()


def run_python(block: Block, directory: Path) -> None:
    """Run a block as a script or, when it defines tests, under pytest."""
    is_test = "def test_" in block.text
    name = block.file or ("test_block.py" if is_test else "block.py")
    (directory / name).write_text(block.text, encoding="utf-8")
    pytest_argv = ["-m", "pytest", "-q", "-p", "no:cacheprovider"] if is_test else []
    status, output = run([sys.executable, *pytest_argv, name], directory)
    assert status == 0, f"{block} ended with {status}:\n{output}"


def run_commands(block: Block, directory: Path) -> None:
    """Run a block's commands in one shell; each must succeed and print what the guide shows."""
    commands = commands_of(block)
    lines = (f"{stand_in(each.line)}\nprintf '\\n@@status %s\\n' $?" for each in commands)
    _, output = run(["bash", "-c", "\n".join(lines)], directory)
    results = STATUS.split(output)
    statuses = [int(status) for status in results[1::2]]
    assert [0] * len(commands) == statuses, f"{block}:\n{output}"
    for command, printed in zip(commands, results[0::2], strict=False):
        compare(block, command, printed)


def compare(block: Block, command: Command, printed: str) -> None:
    """Fail unless the output is the one shown, in which `...` stands for anything."""
    actual = "\n".join(line.rstrip() for line in printed.strip("\n").splitlines())
    same = not command.shown or doctest.OutputChecker().check_output(
        command.shown + "\n", actual + "\n", doctest.ELLIPSIS
    )
    assert same, f"{block} shows for `{command.line}`:\n{command.shown}\nbut it prints:\n{actual}"


def run_block(block: Block, directory: Path) -> None:
    """Run one block of a runnable language."""
    (run_python if block.language == "python" else run_commands)(block, directory)


def all_blocks() -> list[Block]:
    """The blocks of the guides that exist."""
    return [block for guide in GUIDES if (ROOT / guide).exists() for block in blocks_in(guide)]


BLOCKS = all_blocks()


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    """Where a block runs: it looks like a clone whose environment `make` has built."""
    (tmp_path / "examples").symlink_to(ROOT / "examples")
    (tmp_path / ".venv").symlink_to(sys.prefix)
    return tmp_path


def planted(text: str) -> Block:
    """The only block of a made-up guide."""
    [block] = blocks_of("made-up.md", text)
    return block


@pytest.mark.timeout(SECONDS + 20)
@pytest.mark.parametrize("block", [b for b in BLOCKS if b.language in RUNNABLE], ids=str)
def test_a_block_of_the_guides_runs(block: Block, directory: Path) -> None:
    """A code block works as printed, given the files that earlier blocks of its guide name."""
    for earlier in BLOCKS:
        if earlier.guide == block.guide and earlier.line < block.line and earlier.file:
            (directory / earlier.file).parent.mkdir(exist_ok=True)
            (directory / earlier.file).write_text(earlier.text, encoding="utf-8")
    run_block(block, directory)


@pytest.mark.parametrize("guide", GUIDES)
def test_a_guide_has_something_to_run(guide: str) -> None:
    """Each guide exists and holds at least one block that runs."""
    assert any(block.guide == guide and block.language in RUNNABLE for block in BLOCKS)


@pytest.mark.parametrize(("translation", "original"), TRANSLATIONS.items())
def test_a_translation_has_the_code_of_its_original(translation: str, original: str) -> None:
    """Block by block, under the same file names, and in the same order; comments may differ."""
    there, here = (
        [(each.file, each.language, uncommented(each.text)) for each in blocks_in(guide)]
        for guide in (original, translation)
    )
    assert there
    assert there == here


@pytest.mark.parametrize(("translation", "original"), TRANSLATIONS.items())
def test_a_translation_has_the_sections_of_its_original(translation: str, original: str) -> None:
    """A section that is new in one of them is missed in the other."""
    levels = [
        [line.split(" ")[0] for line in prose_of(guide).splitlines() if line.startswith("#")]
        for guide in (original, translation)
    ]
    assert levels[0] == levels[1]


@pytest.mark.parametrize(("translation", "original"), TRANSLATIONS.items())
def test_a_translation_leads_where_its_original_leads(translation: str, original: str) -> None:
    """To the same pages and pictures, or to their translations."""
    assert links_of(original) == links_of(translation)


def links_of(guide: str) -> list[str]:
    """Return where a guide leads in this project, but for itself in another language."""
    links = re.findall(r"\]\(([^)#:]+)", prose_of(guide))
    files = [(ROOT / guide).parent.joinpath(link).resolve() for link in links]
    paths = [file.relative_to(ROOT).as_posix() for file in files]
    originals = {TRANSLATIONS.get(path, path) for path in paths}
    return sorted(originals - {TRANSLATIONS.get(guide, guide)})


def test_only_comments_may_differ() -> None:
    """What a `#` or `//` of its own begins is a comment; addresses and hashes in words are none."""
    assert "a = 1  #\n#\nurl('https://b#c')  //\n" == uncommented(
        "a = 1  # one\n# two\nurl('https://b#c')  // three\n"
    )


def uncommented(text: str) -> str:
    """Return code with its comments emptied, so that they may be in another language."""
    return COMMENT.sub("", text)


def prose_of(guide: str) -> str:
    """Return a guide without its blocks."""
    return BLOCK.sub("", (ROOT / guide).read_text(encoding="utf-8"))


def test_no_page_is_left_out() -> None:
    """Every page of the documentation is one of those whose code runs, or is that of one."""
    pages = {path.relative_to(ROOT).as_posix() for path in (ROOT / "docs").rglob("*.md")}
    known = (*GUIDES, *RUN_ELSEWHERE, *TRANSLATIONS, *GENERATED, *FRAMES)
    assert pages == {guide for guide in known if guide.startswith("docs/")}


def test_every_block_names_its_language() -> None:
    """No block escapes the tests under a language they do not know."""
    assert [] == [str(b) for b in BLOCKS if b.language not in RUNNABLE | SHOWN]


@pytest.mark.parametrize(
    "text",
    [
        "```python\nraise SystemExit(1)\n```\n",
        "```python\ndef test_it():\n    assert False\n```\n",
        "```console\n$ false\n```\n",
        "```sh\nfalse\ntrue\n```\n",
        "```sh\nexit 0\n```\n",
        "```console\n$ echo one\ntwo\n```\n",
        "```sh\nmake no-such-target\n```\n",
        "```sh\npip install 'minibridge[no-such-extra]'\n```\n",
    ],
)
def test_a_wrong_block_is_noticed(text: str, directory: Path) -> None:
    """The harness fails for a block that fails, prints something else or names what is not."""
    with pytest.raises(AssertionError):
        run_block(planted(text), directory)


@pytest.mark.parametrize(
    "text",
    [
        "```python\nprint('hello')\n```\n",
        "```python\ndef test_it():\n    assert True\n```\n",
        '```console\n$ echo one \\\n    two\none ...\n$ test -n "$PATH"\n```\n',
        "```sh\n# a comment\ngit clone https://a.test/minibridge.git\ncd minibridge\nls\n```\n",
        "```sh\nmake demo VENV=elsewhere\npip install 'minibridge[cli,pytest]'\n```\n",
        "```sh\nsleep 1000 &\n```\n",
    ],
)
def test_a_right_block_passes(text: str, directory: Path) -> None:
    """Scripts, tests, commands with output, clones and a server left running are all accepted."""
    run_block(planted(text), directory)


def test_a_comment_names_the_file_of_the_block_below() -> None:
    """`<!-- file: NAME -->` saves the block that follows it, and only that one."""
    text = "<!-- file: a.json -->\n```json\n{}\n```\n\n```json\n[]\n```\n"
    assert [("a.json", "{}\n", 2), (None, "[]\n", 6)] == [
        (block.file, block.text, block.line) for block in blocks_of("made-up.md", text)
    ]
