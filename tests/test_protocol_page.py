"""The page about the messages: what it shows obeys the schema, and is what happens."""

from __future__ import annotations

import asyncio
import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import aiohttp
import pytest
from jsonschema import Draft202012Validator

import schemas
from bridge import Bridge
from bridge.logic.controls import NETWORK, Controls
from bridge.logic.engine import engine_for
from bridge.logic.server import BridgeServer, Close

if TYPE_CHECKING:
    from bridge.logic.door import Json

PAGE = (Path(__file__).parents[1] / "docs" / "protocol.md").read_text(encoding="utf-8")
SENDERS: Any = schemas.shared("protocol")["properties"]
TRANSCRIPT = re.compile(r"<!-- replayed: (\w+) -->\n```text\n(.*?)^```$", re.DOTALL | re.MULTILINE)
# What identifies a message is the same in every run; of other values only the type is.
EXACT = {"type", "v", "callbackId", "callId", "id", "state", "name", "event", "level", "ok"}
SINK = "http://127.0.0.1:8000"

Transcript = list[tuple[str, "Json"]]


def transcripts(kind: str) -> list[Transcript]:
    """Return the page's transcripts of one kind, as pairs of sender and message."""
    texts = [text for found, text in TRANSCRIPT.findall(PAGE) if found == kind]
    lines = [[line.partition(" ") for line in text.splitlines()] for text in texts]
    return [[(sender, json.loads(text)) for sender, _, text in each] for each in lines]


SPOKEN = transcripts("websocket")
CHILDREN = transcripts("child")
EVERY = [one for each in SPOKEN + CHILDREN for one in each]


def faults(sender: str, message: Json) -> list[str]:
    """List what the schema says against a message, and fields that it does not describe."""
    known = SENDERS[sender]["properties"][message["type"]]
    reference = f"urn:minibridge:protocol#/properties/{sender}/properties/{message['type']}"
    judge = Draft202012Validator({"$ref": reference}, registry=schemas.registry())
    return [error.message for error in judge.iter_errors(message)] + [
        f"{key} is not described" for key in message if key not in known["properties"]
    ]


def differences(shown: Any, actual: Any, path: str = "$") -> list[str]:  # noqa: ANN401  JSON data
    """List where a message is not as shown; it may hold more."""
    if isinstance(shown, dict) and isinstance(actual, dict):
        found = [f"{path}.{key} is missing" for key in shown.keys() - actual.keys()]
        for key in shown.keys() & actual.keys():
            found += differences(shown[key], actual[key], f"{path}.{key}")
            if key in EXACT and shown[key] != actual[key]:
                found.append(f"{path}.{key} is {actual[key]!r}")
        return found
    same = isinstance(actual, type(shown))
    return [] if same else [f"{path} is {actual!r}"]


def test_every_message_shown_obeys_the_schema() -> None:
    """Also its fields are all described."""
    wrong = [(message, faults(sender, message)) for sender, message in EVERY]
    assert [] == [(message, found) for message, found in wrong if found]


def test_every_message_there_is_is_shown() -> None:
    """Of either sender."""
    described = {(s, kind) for s in ("logic", "native") for kind in SENDERS[s]["properties"]}
    assert described == {(sender, message["type"]) for sender, message in EVERY}


@pytest.mark.parametrize("transcript", SPOKEN)
async def test_a_conversation_goes_as_shown(transcript: Transcript) -> None:
    """The server answers a client that says the page's lines with the page's lines."""
    async with (
        BridgeServer(Bridge, token="TOKEN") as server,  # noqa: S106  the page's
        aiohttp.ClientSession() as http,
        http.ws_connect(server.url) as ws,
    ):
        real: dict[str, str] = {}
        for sender, message in transcript:
            if sender == "logic":
                text = json.dumps(message)
                for shown, actual in real.items():
                    text = text.replace(shown, actual)
                await ws.send_str(text)
                continue
            heard = await asyncio.wait_for(ws.receive_json(), 20)
            assert [] == differences(message, heard), heard
            real |= learned(message, heard)


def learned(shown: Json, actual: Json) -> dict[str, str]:
    """Return what stands on the page for the addresses and paths of this run."""
    if shown["type"] == "ready":
        env: Any = actual["env"]
        return {SINK: env["MINIBRIDGE_SINK_URL"]}
    result: Any = shown.get("result")
    if isinstance(result, dict) and "tempFilePaths" in result:
        real: Any = actual["result"]
        return {result["tempFilePaths"][0]: real["tempFilePaths"][0]}
    return {}


@pytest.mark.parametrize("name", ["node", "quickjs"])
@pytest.mark.parametrize("transcript", CHILDREN)
async def test_an_engine_says_what_is_shown(transcript: Transcript, name: str) -> None:
    """Either engine, given the native side's lines, says the logic's, and ends well."""
    child = await asyncio.create_subprocess_exec(
        *engine_for(name).argv,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    lines = [json.dumps(message) for sender, message in transcript if sender == "native"]
    out, _ = await asyncio.wait_for(child.communicate("\n".join([*lines, ""]).encode()), 30)
    heard = [json.loads(line) for line in out.splitlines()]
    shown = [message for sender, message in transcript if sender == "logic"]
    assert 0 == child.returncode
    assert len(shown) == len(heard)
    assert [] == [one for pair in zip(shown, heard, strict=True) for one in differences(*pair)]


@pytest.mark.parametrize("name", ["node", "quickjs"])
async def test_a_line_that_is_no_message_ends_an_engine(name: str) -> None:
    """With the status that the page gives."""
    child = await asyncio.create_subprocess_exec(
        *engine_for(name).argv,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    await asyncio.wait_for(child.communicate(b"no message\n"), 30)
    assert 2 == child.returncode


def test_every_close_code_is_told() -> None:
    """The table of codes is that of the server, and WebSocket's own two."""
    told = {int(code) for code in re.findall(r"^\| (\d{4}) \|", PAGE, re.MULTILINE)}
    assert {1001, 1011, *Close} == told


async def test_every_control_is_told() -> None:
    """The table of controls is the one the server names itself, with all conditions."""
    async with Bridge("wx") as bridge:
        with pytest.raises(Exception, match="the controls are") as refused:
            Controls(bridge, None).invoke("control.none", {})  # type: ignore[arg-type]  # unused
    known = set(re.findall(r"control\.\w+", str(refused.value))) - {"control.none"}
    assert known == set(re.findall(r"^\| `(control\.\w+)` \|", PAGE, re.MULTILINE))
    assert [] == [name for name in NETWORK if f"`{name}`" not in PAGE]


def test_every_kind_of_function_is_told() -> None:
    """The table of kinds is the schema's."""
    told = set(re.findall(r"^\| `(\w+)` \| (?:`\"sync\"|without|nothing)", PAGE, re.MULTILINE))
    assert set(SENDERS["api"]["properties"]["kind"]["enum"]) == told


def test_the_check_can_fail() -> None:
    """A message that differs is told from one that only holds more."""
    shown: Json = {"type": "timer", "id": 1, "ms": 50}
    assert [] == differences(shown, {"type": "timer", "id": 1, "ms": 7, "more": True})
    assert ["$.ms is None"] == differences(shown, {"type": "timer", "id": 1, "ms": None})
    assert ["$.id is 2"] == differences(shown, {"type": "timer", "id": 2, "ms": 50})
    assert ["$.id is missing"] == differences({"id": 1}, {})
    assert ["'ms' is a required property"] == faults("logic", {"type": "timer", "id": 1})
