"""Files: the built web client, and the media that streams are made of.

The client's page may run and load only what comes from here (see `CONTENT_POLICY`). Files with a
hash in their name never change and are kept for ever; the page itself is asked for every time.
Compressed once and kept, so that a rush of first visits costs no CPU that live rooms need.
"""

import asyncio
import gzip
import os
from pathlib import Path

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import NotModifiedResponse, StaticFiles
from starlette.types import Scope

STATIC = Path(__file__).parent / "static"

_POLICY = (
    "default-src 'self'",
    "media-src 'self' blob: https:",
    "connect-src 'self' ws: wss: https:",
    "img-src 'self' https:",
    "worker-src 'self' blob:",
    "style-src 'self'",
    "frame-ancestors 'none'",
    "base-uri 'none'",
    "form-action 'self'",
)
CONTENT_POLICY = "; ".join(_POLICY)
SECURITY_HEADERS = {
    "content-security-policy": CONTENT_POLICY,
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
}

FOR_EVER = "public, max-age=31536000, immutable"
COMPRESSIBLE = {".js", ".css", ".svg", ".html", ".json"}
COMPRESSED_BYTES_MIN = 1024

MEDIA_TYPES = {
    ".m3u8": "application/vnd.apple.mpegurl",
    ".ts": "video/mp2t",  # systems disagree about this suffix
    ".m4s": "video/iso.segment",
    ".mp4": "video/mp4",
}

NOT_BUILT = """<!doctype html>
<html lang="en"><meta charset="utf-8"><title>Kaibo</title>
<h1>The web client is not built yet</h1>
<p>Run <code>make web</code> in the project's folder, then load this page again.</p>
<p>The server itself is running: see <a href="/health/ready">its health</a>.</p>
</html>
"""


class ClientFiles(StaticFiles):
    """The built client. Its folder may be missing, or be rebuilt while the server runs."""

    def __init__(self, directory: Path) -> None:
        super().__init__(directory=directory, check_dir=False)
        self._compressed: dict[tuple[str, int], bytes] = {}  # bound: one entry per built file

    async def check_config(self) -> None:
        """A client that is not built is a page that says so, not an error."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        response = await super().get_response(path, scope)
        response.headers.update(SECURITY_HEADERS)
        hashed = path.startswith("assets" + os.sep)
        response.headers["cache-control"] = FOR_EVER if hashed else "no-cache"
        if hashed and Path(path).suffix in COMPRESSIBLE:
            response.headers["vary"] = "accept-encoding"
            return await self._smaller(path, scope, response)
        return response

    async def _smaller(self, path: str, scope: Scope, plain: Response) -> Response:
        request = Request(scope)
        unchanged = isinstance(plain, NotModifiedResponse)
        if unchanged or "range" in request.headers or not _takes_gzip(request):
            return plain
        full_path, stat = await asyncio.to_thread(self.lookup_path, path)
        if stat is None or stat.st_size < COMPRESSED_BYTES_MIN:
            return plain
        key = (full_path, stat.st_mtime_ns)
        if key not in self._compressed:
            self._forget_rebuilt(full_path)
            self._compressed[key] = await asyncio.to_thread(_gzip_file, full_path)
        kept = ("content-type", "last-modified", "cache-control", "vary", *SECURITY_HEADERS)
        headers = {name: plain.headers[name] for name in kept if name in plain.headers}
        headers["etag"] = f"W/{plain.headers['etag']}"
        return Response(
            b"" if request.method == "HEAD" else self._compressed[key],
            headers={**headers, "content-encoding": "gzip"},
        )

    def _forget_rebuilt(self, full_path: str) -> None:
        for key in [key for key in self._compressed if key[0] == full_path]:
            del self._compressed[key]


def _takes_gzip(request: Request) -> bool:
    return "gzip" in request.headers.get("accept-encoding", "").lower()


def _gzip_file(path: str) -> bytes:
    return gzip.compress(Path(path).read_bytes(), compresslevel=9, mtime=0)


class MediaFiles(StaticFiles):
    """HLS: a playlist changes every few seconds, a segment never."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        response = await super().get_response(path, scope)
        suffix = Path(path).suffix
        if suffix in MEDIA_TYPES and "content-type" in response.headers:
            response.headers["content-type"] = MEDIA_TYPES[suffix]
        live = suffix == ".m3u8"
        response.headers["cache-control"] = "no-store" if live else "public, max-age=60"
        response.headers["x-content-type-options"] = "nosniff"
        return response


def media_mount(directory: Path) -> Mount:
    directory.mkdir(parents=True, exist_ok=True)
    return Mount("/media", app=MediaFiles(directory=directory))


def client_routes(directory: Path = STATIC) -> list[BaseRoute]:
    """The pages, all of them the client's one page, and then every other file of the client."""
    files = ClientFiles(directory)

    async def page(request: Request) -> Response:
        if not (directory / "index.html").is_file():
            return HTMLResponse(NOT_BUILT, status_code=503, headers=SECURITY_HEADERS)
        return await files.get_response("index.html", request.scope)

    pages = [
        Route(path, page) for path in ("/", "/r/{room_id}", "/host/{room_id}", "/screen/{room_id}")
    ]
    return [*pages, Mount("/", app=files)]
