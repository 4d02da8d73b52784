"""Products' pictures: what a host sends is decoded and drawn anew before anybody is shown it.

So a file that only claims to be a picture is refused, what hides in a real one (a script, where it
was taken) is left behind, and what is kept has one format and a bounded size. A picture is named by
its content: the same one twice is one file, and a file never changes.
"""

import asyncio
import hashlib
import io
import os
import secrets
from enum import Enum
from pathlib import Path

from PIL import Image, ImageOps

FORMATS = ("JPEG", "PNG", "WEBP")
PIXELS_MAX = 40_000_000  # of what is sent: a small file may unpack to a very large picture
SIDE_PX_MAX = 1_024  # of what is kept
QUALITY = 82
FILES_MAX = 20_000  # of all rooms together
AT_ONCE_MAX = 2  # decodings, each in a thread that others need too
SUFFIX = ".webp"
NAME_PATTERN = r"[0-9a-f]{32}\.webp"


class Refusal(Enum):
    """Why a picture was not kept."""

    UNREADABLE = "this is no JPEG, PNG or WebP picture that can be read"
    TOO_MANY_PIXELS = f"a picture may have {PIXELS_MAX // 1_000_000} million pixels at most"
    FULL = f"this server keeps {FILES_MAX} pictures, and no more"


def drawn_anew(sent: bytes) -> bytes | Refusal:
    """The picture as WebP, upright, at most SIDE_PX_MAX wide and high, with nothing else in it."""
    try:
        with Image.open(io.BytesIO(sent), formats=FORMATS) as picture:
            if picture.width * picture.height > PIXELS_MAX:
                return Refusal.TOO_MANY_PIXELS
            picture.draft("RGB", (SIDE_PX_MAX, SIDE_PX_MAX))  # a JPEG may decode smaller at once
            upright = ImageOps.exif_transpose(picture)
            upright.thumbnail((SIDE_PX_MAX, SIDE_PX_MAX))
            plain = upright.convert("RGBA" if upright.has_transparency_data else "RGB")
            drawn = io.BytesIO()
            plain.save(drawn, "WEBP", quality=QUALITY)
            return drawn.getvalue()
    except Exception:  # noqa: BLE001 - Pillow's decoders raise whatever a broken file makes them
        return Refusal.UNREADABLE


class Pictures:
    """The folder of one server's pictures."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self._places = asyncio.Semaphore(AT_ONCE_MAX)

    async def keep(self, sent: bytes) -> str | Refusal:
        """The file's name."""
        async with self._places:
            return await asyncio.to_thread(self._keep, sent)

    def _keep(self, sent: bytes) -> str | Refusal:
        drawn = drawn_anew(sent)
        if isinstance(drawn, Refusal):
            return drawn
        name = hashlib.sha256(drawn).hexdigest()[:32] + SUFFIX
        path = self.folder / name
        if path.exists():
            return name
        if sum(1 for _ in os.scandir(self.folder)) >= FILES_MAX:
            return Refusal.FULL
        half = (
            self.folder / f"{secrets.token_hex(8)}.part"
        )  # never a half-written file under a name
        half.write_bytes(drawn)
        half.replace(path)
        return name
