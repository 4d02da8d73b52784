"""Pages and files: the right policy, the right caching, and nothing outside their folders."""

import gzip
from pathlib import Path

import httpx
import pytest
from starlette.applications import Starlette

from server.http import exception_handlers
from server.http.client_files import client_routes, media_mount

SCRIPT = "console.log('kaibo');\n" * 200


@pytest.fixture
def built(tmp_path: Path) -> Path:
    folder = tmp_path / "static"
    (folder / "assets").mkdir(parents=True)
    (folder / "index.html").write_text("<!doctype html><title>Kaibo</title>")
    (folder / "icon.svg").write_text("<svg/>")
    (folder / "assets" / "main-abc123.js").write_text(SCRIPT)
    (tmp_path / "secret").write_text("never served")
    return folder


def client_of(static: Path, media: Path | None = None) -> httpx.AsyncClient:
    media_routes = [media_mount(media)] if media else []
    app = Starlette(
        routes=[*media_routes, *client_routes(static)], exception_handlers=exception_handlers()
    )
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://kaibo.test")


@pytest.mark.parametrize("path", ["/", "/r/tea", "/host/tea"])
async def test_every_page_is_the_clients_page_and_is_asked_for_each_time(
    built: Path, path: str
) -> None:
    async with client_of(built) as client:
        response = await client.get(path)
        assert "<title>Kaibo" in response.text
        assert response.headers["content-type"].startswith("text/html")
        assert response.headers["cache-control"] == "no-cache"
        unchanged = await client.get(path, headers={"if-none-match": response.headers["etag"]})
        assert unchanged.status_code == 304


async def test_page_carries_the_policy(built: Path) -> None:
    async with client_of(built) as client:
        headers = (await client.get("/")).headers
    assert headers["content-security-policy"] == (
        "default-src 'self'; media-src 'self' blob: https:; connect-src 'self' ws: wss: https:; "
        "img-src 'self' https:; worker-src 'self' blob:; style-src 'self'; "
        "frame-ancestors 'none'; base-uri 'none'; form-action 'self'"
    )
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"


async def test_hashed_file_is_kept_for_ever_and_sent_compressed(built: Path) -> None:
    async with client_of(built) as client:
        plain = await client.get("/assets/main-abc123.js", headers={"accept-encoding": "identity"})
        assert plain.text == SCRIPT
        assert plain.headers["cache-control"] == "public, max-age=31536000, immutable"
        for _ in range(2):
            async with client.stream(
                "GET", "/assets/main-abc123.js", headers={"accept-encoding": "br, gzip"}
            ) as small:
                sent = b"".join([chunk async for chunk in small.aiter_raw()])
            assert small.headers["content-encoding"] == "gzip"
            assert small.headers["vary"] == "accept-encoding"
            assert small.headers["content-type"] == plain.headers["content-type"]
            assert gzip.decompress(sent).decode() == SCRIPT
            assert int(small.headers["content-length"]) == len(sent) < len(SCRIPT) / 5
        unchanged = await client.get(
            "/assets/main-abc123.js", headers={"if-none-match": small.headers["etag"]}
        )
        assert unchanged.status_code == 304


async def test_rebuilt_file_is_compressed_anew(built: Path) -> None:
    path = built / "assets" / "main-abc123.js"
    async with client_of(built) as client:
        await client.get("/assets/main-abc123.js")
        path.write_text(SCRIPT + "// again")
        assert (await client.get("/assets/main-abc123.js")).text.endswith("// again")


async def test_file_without_a_hash_is_asked_for_each_time(built: Path) -> None:
    async with client_of(built) as client:
        response = await client.get("/icon.svg")
    assert response.headers["cache-control"] == "no-cache"
    assert response.headers["content-type"] == "image/svg+xml"


@pytest.mark.parametrize(
    "path", ["/nothing", "/assets", "/../secret", "/%2e%2e/secret", "/assets/..%2f..%2fsecret"]
)
async def test_what_is_not_there_is_a_problem(built: Path, path: str) -> None:
    async with client_of(built) as client:
        response = await client.get(path)
    assert response.status_code == 404
    assert response.json()["code"] == "NOT_FOUND"
    assert "never served" not in response.text


async def test_files_are_only_read(built: Path) -> None:
    async with client_of(built) as client:
        response = await client.post("/icon.svg")
    assert response.status_code == 405
    assert response.headers["allow"] == "GET, HEAD"
    assert response.json()["code"] == "METHOD_NOT_ALLOWED"


async def test_client_that_is_not_built_says_how_to_build_it(tmp_path: Path) -> None:
    async with client_of(tmp_path / "static") as client:
        page = await client.get("/r/tea")
        file = await client.get("/icon.svg")
    assert page.status_code == 503
    assert "make web" in page.text
    assert file.status_code == 404


async def test_playlist_is_never_kept_and_a_segment_is(built: Path, tmp_path: Path) -> None:
    media = tmp_path / "media"
    async with client_of(built, media) as client:
        assert (await client.get("/media/tea/live.m3u8")).status_code == 404
        (media / "tea").mkdir()
        (media / "tea" / "live.m3u8").write_text("#EXTM3U")
        (media / "tea" / "live1.ts").write_bytes(b"G" * 188)
        playlist = await client.get("/media/tea/live.m3u8")
        segment = await client.get("/media/tea/live1.ts", headers={"range": "bytes=0-9"})
        escape = await client.get("/media/..%2fsecret")
    assert playlist.headers["cache-control"] == "no-store"
    assert playlist.headers["content-type"] == "application/vnd.apple.mpegurl"
    assert segment.status_code == 206
    assert segment.headers["cache-control"] == "public, max-age=60"
    assert segment.headers["content-type"] == "video/mp2t"
    assert escape.status_code == 404
