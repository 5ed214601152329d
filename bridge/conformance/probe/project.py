"""A mini-program project that plays cases on a host, in the host's own file names."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from functools import cache
from importlib import resources
from pathlib import PurePosixPath
from string import Template
from typing import TYPE_CHECKING, Any, Final, cast

from bridge.clock import Chance
from bridge.conformance.case import tokens
from bridge.conformance.scene import Skip
from bridge.conformance.stage import addressed, content_of
from bridge.errors import BridgeError
from bridge.layers import UPLOAD

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from bridge.conformance.case import Case, Json
    from bridge.conformance.scene import Place, Scene

ARRANGES: Final = frozenset({"files", "server"})
"""What of a case can be arranged on a phone that nobody touches."""
WITHIN_MS: Final = 10_000
LINGER_MS: Final = 200
_PAGE = "pages/index/index"
_ANSWERS = "answers.json"
_LEFT_OUT = "left-out.json"


@dataclass(frozen=True, slots=True)
class Project:
    """
    A project, not yet written.

    Attributes:
        target: the address of the target it is for.
        played: the ids of the cases it plays.
        left_out: the ids of those it does not, and why.
        files: path in the project -> content.
        opening: how it is opened, in a sentence.
    """

    target: str
    played: tuple[str, ...]
    left_out: Mapping[str, Skip]
    files: Mapping[str, bytes]
    opening: str

    def write(self, folder: Path) -> None:
        """Write it into a folder that is new or empty; raises `BridgeError`."""
        try:
            if folder.exists() and any(folder.iterdir()):
                raise BridgeError(f"{str(folder)!r} is not empty: name a new folder")
            for path, content in self.files.items():
                file = folder / path
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_bytes(content)
        except OSError as error:
            message = f"cannot write a project into {str(folder)!r}: {error.strerror}"
            raise BridgeError(message) from error


def project_of(
    cases: Iterable[Case], place: Place, *, to: str = "", linger: int = LINGER_MS
) -> Project:
    """
    Return the project that plays cases on a target.

    Args:
        cases: what to play.
        place: the target, a host without layers.
        to: the address of the server it reports to; without one the user types it on the page,
            with one the project plays as soon as it is opened.
        linger: milliseconds to listen on after each case.

    Raises:
        BridgeError: it is no such target, or no form of a project is known for it.
    """
    form = _form_of(place)
    scenes: list[Scene] = []
    left_out: dict[str, Skip] = {}
    package: dict[str, bytes | None] = {**_app(form), **_page(form, place), **_player()}
    for case in cases:
        scene = _packed(_arranged(place.scene(case, ARRANGES)), package)
        if isinstance(scene, Skip):
            left_out[case.id] = scene
        else:
            scenes.append(scene)
    # A phone keeps its cookies: what sets some comes last, when nobody minds any more.
    scenes.sort(key=lambda scene: bool(_cookies(scene)))
    return Project(
        target=place.name,
        played=tuple(scene.case.id for scene in scenes),
        left_out=left_out,
        files={
            **{name: content for name, content in package.items() if content is not None},
            "scenes.js": _scenes(scenes, place, to, linger),
            _ANSWERS: _json(_answers(scenes) or []),
            _LEFT_OUT: _json({name: skip.to_json() for name, skip in left_out.items()}),
        },
        opening=form["open"],
    )


@cache
def _forms() -> Mapping[str, Json]:
    text = (resources.files(__package__) / "hosts.json").read_text(encoding="utf-8")
    return cast("dict[str, Json]", json.loads(text))


def _form_of(place: Place) -> Json:
    if place.target.layers:
        host = place.target.profile.name
        raise BridgeError(
            f"{place.name} is compiled by tools of its own: a probe plays on a host, such as {host}"
        )
    name = place.target.profile.schema
    if name not in _forms():
        known = ", ".join(sorted(_forms()))
        raise BridgeError(
            f"no form of a project is known for {place.name}, whose schemas are {name!r}: a probe "
            f"is written for hosts with those of {known}"
        )
    return _forms()[name]


# --- what is played


def _cookies(scene: Scene) -> list[str]:
    """Return the names of the cookies that the server of a scene sets."""
    steps: list[Json] = scene.given.get("server", [])
    pairs = (pair for step in steps for pair in step.get("headers", {}).items())
    return [value.partition("=")[0] for name, value in pairs if name.lower() == "set-cookie"]


def _arranged(scene: Scene | Skip) -> Scene | Skip:
    """Return a scene, or why no phone can be brought to it."""
    if isinstance(scene, Skip):
        return scene
    files: Mapping[str, Json] = scene.given["files"]
    if any(True for _ in tokens(scene.steps, "$blob")):
        return Skip("cannot arrange", "blob")
    if any("unreadable" in file for file in files.values()):
        return Skip("cannot arrange", "unreadable")
    # What a user's file can stand for is a temp one that is uploaded, and nothing else.
    others = [step for step in scene.steps if step.get("call") != UPLOAD]
    kinds = {files[str(name)].get("kind", "temp") for name in tokens(others, "$given")}
    return Skip("cannot arrange", "temp file") if kinds & {"temp", "saved"} else scene


def _packed(scene: Scene | Skip, package: dict[str, bytes | None]) -> Scene | Skip:
    """Add a scene's files to the code package, in which a name can mean one thing only."""
    if isinstance(scene, Skip):
        return scene
    packed = {
        name: None if file.get("gone") else content_of(file)
        for name, file in scene.given["files"].items()
        if file.get("kind") == "package"
    }
    if any(package.get(name, content) != content for name, content in packed.items()):
        return Skip("cannot arrange", "package file")
    package.update(packed)
    return scene


def _scenes(scenes: list[Scene], place: Place, to: str, linger: int) -> bytes:
    root = place.target.profile.paths.user.partition("{")[0].rstrip("/")
    told = {
        "target": place.name,
        "to": to,
        "root": root,
        "within": WITHIN_MS,
        "linger": linger,
        "scenes": [
            {"case": scene.case.id, "steps": scene.steps, "files": _files(scene, number)}
            for number, scene in enumerate(scenes)
        ],
    }
    return f"module.exports = {json.dumps(told, indent=1)};\n".encode()


def _files(scene: Scene, number: int) -> dict[str, Json]:
    chance = Chance(number)
    files: Mapping[str, Json] = scene.given["files"]
    return {name: _file(name, file, scene, chance) for name, file in files.items()}


def _file(name: str, file: Json, scene: Scene, chance: Chance) -> Json:
    kind = file.get("kind", "temp")
    if kind == "package":
        return {"path": name, "packaged": True}
    template = getattr(scene.place.target.profile.paths, kind)
    path = PurePosixPath(chance.expand(template, name)).name
    return {"path": path} if file.get("gone") else {"path": path, **_content(file)}


def _content(file: Json) -> Json:
    """Return what a file is made of: its size, of which the project makes the same bytes."""
    if "text" in file or "base64" in file:
        return {"base64": base64.b64encode(content_of(file)).decode()}
    return {"size": len(content_of(file))}


def _answers(scenes: list[Scene]) -> Json:
    """Return the script of the server: what it answers by path, whichever run asks."""
    answers: Json = {}
    for number, scene in enumerate(scenes):
        if "server" in scene.given:
            steps = cast("list[Json]", addressed(scene.given["server"], ""))
            answers[f"/probe/*/{number}/"] = [_beside(step) for step in steps]
        cookies = _cookies(scene)
        if cookies:
            headers = {"Set-Cookie": f"{cookies[0]}=; Path=/; Max-Age=0"}
            answers[f"/transcript/*/{number}/"] = [{"headers": headers, "body": {"ok": True}}]
    return answers


def _beside(step: Json) -> Json:
    """Let a redirect name a place beside the one asked for: only a run knows where that is."""
    to = str(step.get("redirect", ""))
    return {**step, "redirect": f".{to}"} if to.startswith("/") else step


# --- what plays it


def _app(form: Json) -> dict[str, bytes]:
    window = {form["title"]: "minibridge probe"}
    return {
        "app.js": b"App({});\n",
        "app.json": _json({"pages": [_PAGE], "window": window}),
        f"app.{form['style']}": b"",
        **{name: _json(config) for name, config in form["config"].items()},
    }


def _page(form: Json, place: Place) -> dict[str, bytes]:
    words = {"namespace": place.abilities.main, "target": place.name, **form["attributes"]}
    return {
        f"{_PAGE}.js": _filled("index.js", words),
        f"{_PAGE}.json": _json({}),
        f"{_PAGE}.{form['markup']}": _filled("index.xml", words),
        f"{_PAGE}.{form['style']}": _filled("index.css", {}),
    }


def _player() -> dict[str, bytes]:
    player = resources.files("bridge.conformance") / "player.js"
    return {"player.js": player.read_bytes(), "probe.js": _filled("probe.js", None)}


def _filled(name: str, words: Mapping[str, str] | None) -> bytes:
    text = (resources.files(__package__) / "project" / name).read_text(encoding="utf-8")
    return (text if words is None else Template(text).substitute(words)).encode()


def _json(value: Any) -> bytes:  # noqa: ANN401  any JSON
    return json.dumps(value, ensure_ascii=False, indent=2).encode() + b"\n"
