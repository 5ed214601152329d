"""Published client libraries, installed from npm and bundled once, and programs to run them."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import pytest

from bridge import Bridge, UploadServer
from bridge.logic.program import Program
from tests import npm

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping

    from bridge.logic.children import Children

HERE = Path(__file__).parent
UNI = "3.0.0-alpha-5000920260515001"
PACKAGES = {
    "@dcloudio/uni-i18n": UNI,
    "@dcloudio/uni-mp-alipay": UNI,
    "@dcloudio/uni-mp-vue": UNI,
    "@dcloudio/uni-shared": UNI,
    "@mpxjs/api-proxy": "2.10.20",
    "@mpxjs/utils": "2.11.0",
    "@vue/shared": "3.4.21",
    "cos-wx-sdk-v5": "1.8.0",
    "esbuild": "0.28.2",
    "luch-request": "3.1.1",
}
# What serves the vendors' build tools, browsers and phones, and what a bundle brings along.
UNUSED = (
    "@dcloudio/uni-cli-shared",
    "@dcloudio/uni-mp-compiler",
    "@dcloudio/uni-mp-vite",
    "@mpxjs/core",
    "@vue/compiler-core",
    "axios",
    "fast-xml-parser",
    "mime",
)
MPX = ("@mpxjs/api-proxy/src/index.js", "--define:mpxGlobal=globalThis")
BUNDLES: dict[str, tuple[str, ...]] = {
    "luch-request": ("luch-request/src/lib/luch-request.js",),
    "mpx-wx": (*MPX, '--define:__mpx_mode__="wx"'),
    "mpx-ali": (*MPX, '--define:__mpx_mode__="ali"', "--resolve-extensions=.ali.js,.js"),
    "uni-mp-alipay": (
        "@dcloudio/uni-mp-alipay/dist/uni.api.esm.js",
        "--alias:vue=@dcloudio/uni-mp-vue",
        # As in a built mini-program, and in the modules the layer is written as.
        '--banner:js="use strict";',
    ),
}
BUNDLER = (
    "node_modules/esbuild/bin/esbuild",
    "--bundle",
    "--format=cjs",
    "--target=es2020",
    "--log-level=warning",
    '--define:process.env.NODE_ENV="production"',
)


def _bundle(root: Path, name: str, entry: str, *words: str) -> None:
    node = npm.first_node()
    command = [*BUNDLER, f"node_modules/{entry}", f"--outfile={name}.js", *words]
    done = subprocess.run(
        [node.node, *command],
        cwd=root,
        env=node.env,
        capture_output=True,
        text=True,
        check=False,
        timeout=npm.SECONDS,
    )
    if done.returncode:
        pytest.fail(f"{name} could not be bundled:\n{done.stderr}", pytrace=False)


@pytest.fixture(scope="session")
def clients(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Provide a folder that has every client: the bundles, and the packages below it."""

    def make(root: Path) -> None:
        npm.install(root, PACKAGES, empty=UNUSED)
        for name, (entry, *words) in BUNDLES.items():
            _bundle(root, name, entry, *words)

    return npm.once(tmp_path_factory, "clients", make)


@pytest.fixture(params=["node", "quickjs"])
def engine(request: pytest.FixtureRequest) -> str:
    """Name each engine in turn."""
    name: str = request.param
    return name


@pytest.fixture
async def server() -> AsyncIterator[UploadServer]:
    """Run the embedded upload server."""
    async with UploadServer() as opened:
        yield opened


@dataclass(slots=True)
class Mini:
    """A running mini-program that uses one client."""

    bridge: Bridge
    program: Program
    server: UploadServer
    said: list[tuple[str, str, str]] = field(default_factory=list)

    @property
    def options(self) -> dict[str, Any]:
        """Options of an upload that every target accepts."""
        path = self.bridge.files.add("a.png", b"picture")
        return {"url": self.server.url, "filePath": path, "name": "f", "fileType": "image"}

    async def tell(
        self,
        owner: str,
        api: str,
        options: Mapping[str, Any],
        *callbacks: str,
        abort: bool = False,
    ) -> dict[str, Any]:
        """Make one call through one of the program's `apis`; tell what it came to."""
        self.server.clear()
        returned = await self.program.call("make", owner, api, options, list(callbacks))
        if abort:
            await self.server.received(1)
            await self.program.call("abort")
        await self.program.idle()
        outcome = await self.program.call("outcome")
        return {"returned": returned, **outcome, "arrived": _arrived(self.server)}


def _arrived(server: UploadServer) -> list[dict[str, Any]]:
    """Return what reached a server, without what differs from one call to the next."""
    return [
        {
            "line": f"{upload.method} {upload.path}",
            "headers": {
                name.lower(): value.partition("; boundary=")[0]
                for name, value in upload.headers.items()
            },
            "parts": [
                (part.name, part.filename, part.content_type, part.text) for part in upload.parts
            ],
            "text": upload.text,
            "error": upload.error,
        }
        for upload in server.uploads
    ]


class Start(Protocol):
    """Start a mini-program."""

    async def __call__(self, source: str, target: str, **settings: Any) -> Mini:  # noqa: ANN401
        """Return a program of this source, on a target with these settings of its `Bridge`."""


@pytest.fixture
async def start(
    engine: str, server: UploadServer, clients: Path, minibridge_children: Children
) -> AsyncIterator[Start]:
    """Start mini-programs from their source, a folder below the bundles and the packages."""
    async with AsyncExitStack() as stack:

        async def run(source: str, target: str, **settings: Any) -> Mini:  # noqa: ANN401  a Bridge's
            folder = Path(tempfile.mkdtemp(dir=clients))
            for script in ("probe.js", "hooks.js"):
                shutil.copy(HERE / script, folder)
            (folder / "main.js").write_text(source)
            bridge = await stack.enter_async_context(Bridge(target, **settings))
            said: list[tuple[str, str, str]] = []
            program = Program(
                bridge,
                engine=engine,
                hear=lambda *line: said.append(line),
                children=minibridge_children,
            )
            mini = Mini(bridge, await stack.enter_async_context(program), server, said)
            await program.load(folder / "main.js")
            return mini

        yield run
