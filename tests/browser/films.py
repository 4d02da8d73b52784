"""Films for rooms to show: short test pictures as HLS, made by ffmpeg in a server's own folder."""

import re
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
from imageio_ffmpeg import get_ffmpeg_exe

from tests.harness import LiveServer

PLAYLIST = "index.m3u8"


async def show(server: LiveServer, room: str, video_url: str) -> None:
    headers = {"Authorization": f"Bearer {server.token(room, 'host')}"}
    async with httpx.AsyncClient(headers=headers) as host:
        body = {"title": "Tea night", "video_url": video_url}
        answer = await host.put(f"{server.url}/v1/rooms/{room}", json=body)
    answer.raise_for_status()


def film(server: LiveServer, name: str, *, has_sound: bool = False, duration_s: int = 4) -> str:
    """The address of so many seconds of test picture, with a tone or without."""
    folder = server.data_dir / "media" / name
    folder.mkdir(parents=True)
    tone = ["-f", "lavfi", "-i", "sine=frequency=440", "-c:a", "aac"] if has_sound else []
    picture = ["-f", "lavfi", "-i", "testsrc2=size=180x320:rate=10"]
    coding = ["-c:v", "libx264", "-preset", "ultrafast", "-g", "10", "-pix_fmt", "yuv420p"]
    hls = ["-t", str(duration_s), "-f", "hls", "-hls_time", "1", "-hls_list_size", "0"]
    inputs, codec = (tone[:4], tone[4:]) if has_sound else ([], [])
    command = [get_ffmpeg_exe(), *picture, *inputs, *coding, *codec, *hls, PLAYLIST]
    subprocess.run(command, cwd=Path(folder), check=True, capture_output=True, timeout=60)
    return f"/media/{name}/{PLAYLIST}"


def say_when_taken(server: LiveServer, name: str, ago_s: float) -> None:
    """From now on the film says that its first picture was taken so many seconds ago."""
    playlist = server.data_dir / "media" / name / PLAYLIST
    taken = datetime.now(UTC) - timedelta(seconds=ago_s)
    tag = f"#EXT-X-PROGRAM-DATE-TIME:{taken.isoformat(timespec='milliseconds')}\n"
    untimed = re.sub(r"#EXT-X-PROGRAM-DATE-TIME:.*\n", "", playlist.read_text())
    playlist.write_text(untimed.replace("#EXTINF", f"{tag}#EXTINF", 1))
