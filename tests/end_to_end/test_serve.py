"""`mpco serve` as a browser meets it: nothing without the secret address, nothing from elsewhere, the app by keys."""

import asyncio
import json
import re
import shutil
import signal
import subprocess
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from tests.end_to_end.conftest import MPCO, Person

PATIENCE_SECONDS = 60
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)


@contextmanager
def served(person: Person, folder: Path) -> Iterator[str]:
    """`mpco serve` in `folder`; the address that it has printed. An interrupt ends it without a word."""
    command = [str(MPCO), "serve", "--no-open"]
    pipes: dict[str, Any] = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    with subprocess.Popen(command, cwd=folder, env=person.env, **pipes) as process:
        assert process.stdout is not None and process.stderr is not None
        try:
            yield process.stdout.readline().strip()
        finally:
            process.send_signal(signal.SIGINT)
            rest = process.communicate(timeout=PATIENCE_SECONDS)
        assert process.returncode == 0 and rest[0] == "" and "Traceback" not in rest[1]


def fetch(url: str, host: str = "") -> tuple[int, str, str]:
    """Status, content policy and text of what is at `url`."""
    request = urllib.request.Request(url, headers={"Host": host} if host else {})
    try:
        with urllib.request.urlopen(request, timeout=PATIENCE_SECONDS) as answer:
            return answer.status, answer.headers["Content-Security-Policy"], answer.read().decode("latin-1")
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.headers["Content-Security-Policy"], error.read().decode()


async def socket_shows(address: str, text: str) -> bool:
    """Whether the app that the page's socket leads to writes `text`."""
    where = f"{address}ws?width=100&height=30"
    async with asyncio.timeout(PATIENCE_SECONDS), aiohttp.ClientSession() as client, client.ws_connect(where) as socket:
        seen = b""
        async for message in socket:
            seen += message.data if isinstance(message.data, bytes) else b""
            if text.encode() in seen:
                return True
    return False


async def test_the_app_is_served_at_its_secret_address_only(person: Person, tmp_path: Path) -> None:
    with served(person, tmp_path) as address:
        base = address.rpartition("/")[0].rpartition("/")[0]
        assert re.fullmatch(r"http://127\.0\.0\.1:\d+/[\w-]{40,}/", address)
        secret = address.removeprefix(f"{base}/")
        for path in ("", "ws", "static/js/textual.js", "page/page.js", "x" + secret, secret[:-2] + "/"):
            assert fetch(f"{base}/{path}")[0] == 403, path
        assert fetch(address, "elsewhere.example")[0] == 403
        assert "printed" in fetch(base)[2]
        with pytest.raises(aiohttp.WSServerHandshakeError, match="403"):
            await socket_shows(f"{base}/", "MPCO")
        status, policy, page = fetch(address)
        assert status == 200 and "default-src 'none'" in policy and "frame-ancestors 'none'" in policy
        parts = re.findall(r'(?:src|href)="([^"]+)"', page)
        style = fetch(f"{address}page/page.css")[2]
        parts += [found.removeprefix("../") for found in re.findall(r'url\("([^"]+)"\)', style)]
        assert len(parts) == 7
        for part in parts:
            assert part == "data:," or ("//" not in part and fetch(address + part)[0] == 200), part
        assert f"{address.replace('http', 'ws')}ws" in page
        assert await socket_shows(address, "has no mpco.toml yet")
        port = base.rpartition(":")[2]
        again = await asyncio.to_thread(person.types, "serve", "--port", port, cwd=tmp_path)
    assert again.returncode == 1 and f"Port {port} cannot be had" in again.stderr


class Page:
    """A page of a headless Chromium, through its debugging protocol."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self._socket = socket
        self._calls = 0
        self.asked: set[str] = set()
        """Everything that the page has asked a server for."""

    async def call(self, method: str, **parameters: Any) -> Any:
        """The result of one command."""
        self._calls += 1
        await self._socket.send_json({"id": self._calls, "method": method, "params": parameters})
        async for message in self._socket:
            told = json.loads(message.data)
            if told.get("method") == "Network.requestWillBeSent":
                self.asked.add(told["params"]["request"]["url"])
            if told.get("id") == self._calls:
                return told["result"]
        raise AssertionError("Chromium has closed the page")

    async def until(self, script: str) -> None:
        """Wait until a script's value is true."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            while not (await self.call("Runtime.evaluate", expression=script))["result"]["value"]:
                await asyncio.sleep(0.05)


@contextmanager
def chromium(folder: Path) -> Iterator[str]:
    """A headless Chromium; where its debugging protocol is spoken."""
    options = ["--headless=new", "--no-sandbox", "--disable-gpu", "--remote-debugging-port=0", "--no-first-run"]
    command = [str(CHROMIUM), *options, f"--user-data-dir={folder}", "about:blank"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        try:
            assert process.stderr is not None
            yield next(found[1] for line in process.stderr if (found := re.search("listening on ws://([^/]+)", line)))
        finally:
            process.terminate()


@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium is installed")
async def test_a_browser_shows_the_app_and_takes_keys(person: Person, tmp_path: Path) -> None:
    (tmp_path / "project").mkdir()
    with served(person, tmp_path / "project") as address, chromium(tmp_path / "browser") as where:
        async with aiohttp.ClientSession() as client:
            targets = await (await client.get(f"http://{where}/json")).json()
            found = next(item["webSocketDebuggerUrl"] for item in targets if item["type"] == "page")
            async with client.ws_connect(found, max_msg_size=0) as socket:
                page = Page(socket)
                await page.call("Network.enable")
                await page.call("Page.navigate", url=address)
                await page.until("document.body?.classList.contains('-first-byte') ?? false")
                await page.until("[...document.fonts].some(font => font.status == 'loaded')")
                await page.call("Input.insertText", text="q")
                await page.until("document.body.classList.contains('-closed')")
                assert page.asked and all(url.startswith((address, "data:")) for url in page.asked)
