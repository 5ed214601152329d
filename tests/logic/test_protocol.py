"""Every message that crosses, held against `schemas/protocol.json`."""

from __future__ import annotations

import json
import random
import subprocess
from typing import TYPE_CHECKING, Any

import pytest
from jsonschema import Draft202012Validator

import schemas
from bridge import Bridge
from bridge.logic.engine import Engine, engine_for
from bridge.logic.program import JSError, Program

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from bridge import UploadServer
    from bridge.logic.door import Json
    from bridge.logic.engine import EngineGoneError

ROOT: Any = schemas.shared("protocol")["properties"]
Said = list[tuple[str, "Json"]]

SOURCE = """
console.log('text', { a: 1 });
console.warn(new Error('shown'));
setTimeout(() => { throw new Error('late'); }, 1);
clearTimeout(setTimeout(() => {}, 1000));
setTimeout(async () => { throw { errMsg: 'refused' }; }, 1);
Page({ data: { n: 1 }, get() { return this.data.n; } });
exports.echo = (value) => value;
exports.boom = () => { throw new TypeError('boom'); };
exports.up = (options) => new Promise((complete) => {
  const success = () => { throw new Error('mine'); };
  const task = wx.uploadFile({ ...options, odd: 1, success, complete });
  task.onProgressUpdate(() => {});
  task.onHeadersReceived(() => {});
});
exports.stop = (options) => new Promise((complete) => {
  wx.uploadFile({ ...options, complete }).abort();
});
exports.bad = () => new Promise((complete) => String(wx.uploadFile({ url: 5, complete })));
exports.pick = () => new Promise((complete) => wx.chooseImage({ complete }));
exports.none = () => wx.chooseImage().catch((error) => error.message);
"""


class Recorder(Engine):
    """An engine that keeps what is said in both directions, under the sender's name."""

    def __init__(self, engine: Engine) -> None:
        super().__init__(engine.name, engine.argv)
        self.said: Said = []

    def post(self, message: Json) -> None:
        """Keep what goes in."""
        self.said.append(("native", message))
        super().post(message)

    async def start(
        self, hear: Callable[[Json], None], gone: Callable[[EngineGoneError], None]
    ) -> None:
        """Keep what comes out."""

        def keep(message: Json) -> None:
            self.said.append(("logic", message))
            hear(message)

        await super().start(keep, gone)


def faults(sender: str, message: Json) -> list[str]:
    """List what is wrong with one message: by its schema, and keys that nobody described."""
    known = ROOT[sender]["properties"]
    if message["type"] not in known:
        return [f"{sender} never says {message['type']!r}"]
    reference = f"urn:minibridge:protocol#/properties/{sender}/properties/{message['type']}"
    judge = Draft202012Validator({"$ref": reference}, registry=schemas.registry())
    found = [f"{error.json_path}: {error.message}" for error in judge.iter_errors(message)]
    return found + _undescribed(known[message["type"]], message)


def _undescribed(schema: Any, value: Any, path: str = "$") -> list[str]:  # noqa: ANN401  JSON data
    if not isinstance(value, dict) or "properties" not in schema:
        return []
    found = [f"{path}.{key} is not described" for key in value if key not in schema["properties"]]
    for key in value.keys() & schema["properties"].keys():
        found += _undescribed(schema["properties"][key], value[key], f"{path}.{key}")
    return found


def through_json(said: Said) -> Said:
    """Return messages as the other side reads them."""
    return [(sender, json.loads(json.dumps(message))) for sender, message in said]


async def scenario(
    program: Program, bridge: Bridge, options: dict[str, object], picture: bytes, main: Path
) -> None:
    """Make a program say, and hear, everything there is to say."""
    await program.load(main)
    for name in ("up", "stop"):
        await program.call(name, options)
    await program.call("bad")
    assert "album" in await program.call("none")
    bridge.album.add(picture)
    await program.call("pick")
    with pytest.raises(JSError):
        await program.call("boom")
    await program.page("main", {"id": "7"}).data()
    await program.page("main").call("get")
    await program.idle()


async def test_every_message_of_a_program_obeys_the_schema(
    engine: str, server: UploadServer, picture: bytes, tmp_path: Path
) -> None:
    """In both directions, with no key that is not described; and each kind was said."""
    (tmp_path / "main.js").write_text(SOURCE, encoding="utf-8")
    recorder = Recorder(engine_for(engine))
    async with Bridge("wx") as bridge, Program(bridge, engine=recorder, env={"A": "b"}) as program:
        options: dict[str, object] = {
            "url": server.url,
            "filePath": bridge.files.add("a", b"a"),
            "name": "f",
        }
        await scenario(program, bridge, options, picture, tmp_path / "main.js")
    said = through_json(recorder.said)
    wrong = [(message, faults(sender, message)) for sender, message in said]
    assert [] == [(message, found) for message, found in wrong if found]
    kinds = {(sender, str(message["type"])) for sender, message in said}
    described = {(s, kind) for s in ("logic", "native") for kind in ROOT[s]["properties"]}
    # The greeting is read, and the farewell written, beneath what is recorded here.
    beneath = {("logic", "hello"), ("native", "close"), ("native", "reset")}
    assert described - beneath == kinds


def test_the_greeting_obeys_the_schema(engine: str) -> None:
    """A child says it first of all, and for each program anew; it leaves at the farewell."""
    farewells: list[Json] = [{"type": "reset"}, {"type": "close"}]
    assert [] == [fault for each in farewells for fault in faults("native", each)]
    done = subprocess.run(
        engine_for(engine).argv,
        input="".join(f"{json.dumps(each)}\n" for each in farewells).encode(),
        capture_output=True,
        check=True,
        timeout=30,
    )
    greetings = [json.loads(line) for line in done.stdout.splitlines()]
    assert 2 == len(greetings)
    assert [] == [fault for each in greetings for fault in faults("logic", each)]


@pytest.mark.parametrize("target", ["wx", "my", "uni/h5", "mpx/tt:douyin", "uploader/app"])
async def test_the_description_of_a_function_obeys_the_schema(target: str) -> None:
    """Of every global of a target."""
    async with Bridge(target) as bridge:
        judge = Draft202012Validator(
            {"$ref": "urn:minibridge:protocol#/properties/api"}, registry=schemas.registry()
        )
        recorder = Recorder(engine_for("node"))
        async with Program(bridge, engine=recorder):
            pass
        ready: Any = through_json(recorder.said)[0][1]
        described = [api for apis in ready["globals"].values() for api in apis.values()]
        assert described
        assert [] == [error.message for api in described for error in judge.iter_errors(api)]
        assert [] == [fault for api in described for fault in _undescribed(ROOT["api"], api)]


def made_up(chance: random.Random, depth: int = 0) -> object:
    """Make up a value that a mini-program could pass."""
    leaves: list[object] = [
        None,
        chance.random() < 0.5,
        chance.randint(-(2**53), 2**53),
        chance.uniform(-1e300, 1e300),
        float("inf"),
        "".join(chr(chance.choice((0, 34, 92, 127, 0x4E2D, 0x1F600, 0x2028))) for _ in range(5)),
        chance.randbytes(chance.randrange(9)),
    ]
    kind = chance.randrange(len(leaves) + 2) if depth < 4 else chance.randrange(len(leaves))
    if kind < len(leaves):
        return leaves[kind]
    inner = [made_up(chance, depth + 1) for _ in range(chance.randrange(5))]
    return inner if kind == len(leaves) else {f"k{i}\u00e9": each for i, each in enumerate(inner)}


async def test_any_value_crosses_and_comes_back_the_same(engine: str, tmp_path: Path) -> None:
    """Whatever nests in whatever, by messages that obey the schema."""
    (tmp_path / "main.js").write_text(SOURCE, encoding="utf-8")
    recorder = Recorder(engine_for(engine))
    chance = random.Random(7)  # noqa: S311  values to try, no secrets
    async with Bridge("wx") as bridge, Program(bridge, engine=recorder) as program:
        await program.load(tmp_path / "main.js")
        for _ in range(200):
            value = made_up(chance)
            assert [value] == await program.call("echo", [value])
    assert [] == [fault for each in through_json(recorder.said) for fault in faults(*each)]


@pytest.mark.parametrize(
    ("sender", "message", "fault"),
    [
        ("logic", {"type": "dance"}, "logic never says 'dance'"),
        ("logic", {"type": "turn", "more": 1}, "$.more is not described"),
        ("native", {"type": "timer"}, "$: 'id' is a required property"),
        ("native", {"type": "ready", "v": 2}, "$.v: 2 is not one of [1]"),
    ],
)
def test_the_check_can_fail(sender: str, message: Json, fault: str) -> None:
    """A wrong message is told from a right one."""
    assert fault in faults(sender, message)
