"""What a first visit has to load is small: everything but the video library, compressed."""

import gzip
import json
import re
from pathlib import Path

ROOT = Path(__file__).parents[1]
BUILT = ROOT / "server" / "http" / "static"
FIRST_LOAD_BYTES_MAX = 150_000
VIDEO_LIBRARY = re.compile(r"^hls-[\w-]+\.js$")


def first_load() -> list[Path]:
    """The page, and every script and style of the viewer's that it leads to but the video library.

    A viewer never loads what only hosts import, though it is counted here: it must fit as well.
    """
    return [
        path
        for path in BUILT.rglob("*")
        if path.suffix in {".html", ".js", ".css"} and not VIDEO_LIBRARY.match(path.name)
    ]


def test_a_first_visit_loads_less_than_150_kb() -> None:
    sizes = {path.name: len(gzip.compress(path.read_bytes(), 9)) for path in first_load()}
    assert any(name.startswith("index-") for name in sizes), "build the client first: make web"
    assert sum(sizes.values()) < FIRST_LOAD_BYTES_MAX, json.dumps(sizes, indent=2)


def test_the_page_does_not_load_the_video_library_by_itself() -> None:
    page = (BUILT / "index.html").read_text(encoding="utf-8")
    assert "hls-" not in page
