"""Pictures are drawn anew: one format, a bounded size, and nothing of the file that was sent."""

import io
import struct
import zlib
from pathlib import Path

import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from server import pictures
from server.pictures import Pictures, Refusal, drawn_anew


def encoded(size: tuple[int, int] = (8, 6), kind: str = "PNG", **options: object) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", size, "#c2410c").save(file, kind, **options)
    return file.getvalue()


def opened(drawn: bytes | Refusal) -> Image.Image:
    assert isinstance(drawn, bytes), drawn
    return Image.open(io.BytesIO(drawn))


@pytest.mark.parametrize("kind", pictures.FORMATS)
def test_each_format_becomes_webp(kind: str) -> None:
    picture = opened(drawn_anew(encoded(kind=kind)))
    assert (picture.format, picture.size) == ("WEBP", (8, 6))


def test_a_large_picture_is_made_smaller() -> None:
    picture = opened(drawn_anew(encoded((3000, 1500))))
    assert picture.size == (1024, 512)


def test_a_phones_picture_stands_upright_and_does_not_tell_where_it_was_taken() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # turned by a quarter
    exif[0x010E] = "taken at home"
    sent = encoded((8, 6), "JPEG", exif=exif)
    assert b"taken at home" in sent
    drawn = drawn_anew(sent)
    assert opened(drawn).size == (6, 8)
    assert isinstance(drawn, bytes) and b"taken at home" not in drawn


def test_a_script_inside_a_picture_is_left_behind() -> None:
    info = PngInfo()
    info.add_text("Comment", "<script>alert(1)</script>")
    sent = encoded(pnginfo=info) + b"<script>alert(2)</script>"
    assert sent.count(b"<script>") == 2
    drawn = drawn_anew(sent)
    assert isinstance(drawn, bytes) and b"<script>" not in drawn


def test_transparency_stays() -> None:
    file = io.BytesIO()
    Image.new("RGBA", (4, 4), (0, 0, 0, 0)).save(file, "PNG")
    assert opened(drawn_anew(file.getvalue())).mode == "RGBA"


SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'


@pytest.mark.parametrize(
    "sent",
    [
        b"",
        b"<html>",
        SVG,
        encoded(kind="GIF"),
        encoded(kind="BMP"),
        encoded((400, 400), "JPEG")[:700],
    ],
    ids=["nothing", "html", "svg", "gif", "bmp", "half a picture"],
)
def test_what_is_no_picture_of_ours_is_refused(sent: bytes) -> None:
    assert drawn_anew(sent) is Refusal.UNREADABLE


def test_a_small_file_that_unpacks_to_a_huge_picture_is_refused() -> None:
    def chunk(name: bytes, data: bytes) -> bytes:
        checked = name + data
        return struct.pack(">I", len(data)) + checked + struct.pack(">I", zlib.crc32(checked))

    head = struct.pack(">IIBBBBB", 7_000, 7_000, 8, 2, 0, 0, 0)
    bomb = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b""))
    assert drawn_anew(bomb) is Refusal.TOO_MANY_PIXELS


async def test_the_same_picture_is_kept_once_and_never_more_than_the_bound(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = Pictures(tmp_path / "pictures")
    first = await kept.keep(encoded())
    assert first == await kept.keep(encoded())
    assert [it.name for it in kept.folder.iterdir()] == [first]
    monkeypatch.setattr(pictures, "FILES_MAX", 1)
    assert await kept.keep(encoded((9, 9))) is Refusal.FULL
    assert await kept.keep(encoded()) == first


@pytest.mark.parametrize("tag", [0x0108, 0x013E])
def test_a_picture_whose_notes_are_broken_is_refused_and_is_no_failure(tag: int) -> None:
    """A number that is given as a text: turning the picture upright writes its notes anew."""
    wrong = struct.pack(">HHII", tag, 2, 51, 38)
    turned = struct.pack(">HHIHH", 0x0112, 3, 1, 6, 0)
    notes = b"MM\0*\0\0\0\x08\0\x02" + wrong + turned + b"\0\0\0\0" + b"x" * 60
    assert drawn_anew(encoded(kind="JPEG", exif=b"Exif\0\0" + notes)) is Refusal.UNREADABLE
