"""The app in a browser: a server on this machine alone, behind a secret address, that fetches nothing from elsewhere.

Whoever reaches the app can run what mpco.toml says and write the project's files, and every account of this machine
reaches its loopback address. So all lies below a path that nobody can guess: unlike a cookie, which browsers send to
every port of a host, it reaches no other program.
"""

import hmac
import secrets
import shlex
import socket
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import aiohttp_jinja2
from aiohttp import web
from textual_serve.server import Server, to_int

from engine.errors import EngineError

LOOPBACK = "127.0.0.1"
NAMES = (LOOPBACK, "localhost", "[::1]")
"""What a browser on this machine, or at the near end of an SSH tunnel, calls the server."""
FONT_SIZES = range(6, 65)
CLOSING_SECONDS = 2.0
PAGE = Path(__file__).parent / "page"
REFUSAL = "Open the whole address that `mpco serve` has printed: what is missing in this one is its secret part.\n"
SAME_ORIGIN = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; font-src 'self'; img-src 'self' data:; "
    "connect-src 'self' ws://127.0.0.1:* ws://localhost:*; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
)
HEADERS = {
    "Content-Security-Policy": SAME_ORIGIN,
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
}

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class BrowserServer(Server):
    """Serves the app of one project; each page that is open has a process of its own, all of them one engine."""

    def __init__(self, root: Path, port: int = 0) -> None:
        """Listen on `port` of this machine, or on a free one.

        Raises:
            EngineError: when the port cannot be had.
        """
        command = shlex.join([sys.executable, "-P", "-c", "from tui.cli import main; main()", "-C", str(root)])
        try:
            self.socket = socket.create_server((LOOPBACK, port))
        except (OSError, OverflowError) as error:
            why = error.strerror if isinstance(error, OSError) else "no such port"
            raise EngineError(f"Port {port} cannot be had ({why}); --port 0 takes a free one.") from error
        port = self.socket.getsockname()[1]
        super().__init__(command, LOOPBACK, port, f"MPCO {root.name}", templates_path=PAGE)
        self.token = secrets.token_urlsafe(32)

    @property
    def address(self) -> str:
        """Where the app is, secret included."""
        return f"{self.public_url}/{self.token}/"

    def run(self) -> None:
        """Serve until an interrupt; the engine goes on without the server."""
        outer = web.Application(middlewares=[self._guard])
        outer.on_response_prepare.append(_add_headers)
        web.run_app(
            self._around(outer), sock=self.socket, print=None, access_log=None, shutdown_timeout=CLOSING_SECONDS
        )

    async def _around(self, outer: web.Application) -> web.Application:
        app = await self._make_app()
        app.router.add_static("/page", PAGE, name="page")
        outer.add_subapp(f"/{self.token}", app)
        return outer

    @web.middleware
    async def _guard(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Nothing without the secret, and nothing for a foreign name that was made to lead here."""
        given = request.path.split("/", 2)[1]
        known = request.host.rpartition(":")[0] in NAMES or request.host in NAMES
        if not known or not hmac.compare_digest(given.encode(), self.token.encode()):
            raise web.HTTPForbidden(text=REFUSAL)
        if request.path == f"/{self.token}":
            raise web.HTTPFound(f"/{self.token}/")
        return await handler(request)

    async def on_startup(self, app: web.Application) -> None:
        """Who serves says so."""

    async def handle_index(self, request: web.Request) -> web.Response:
        """The page; its addresses are relative to how it was reached, so that it works through a tunnel too."""
        size = to_int(request.query.get("fontsize", "16"), 16)
        context: dict[str, Any] = {
            "title": self.title,
            "font_size": size if size in FONT_SIZES else 16,
            "websocket": f"ws://{request.host}{request.app.router['websocket'].url_for()}",
        }
        return aiohttp_jinja2.render_template("page.html", request, context)


async def _add_headers(_: web.Request, response: web.StreamResponse) -> None:
    response.headers.update(HEADERS)
