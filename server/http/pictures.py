"""Sending a picture, and serving those that are kept.

Whatever a file holds, a browser may only draw it: its type is fixed and not to be guessed, and its
policy lets nothing run.
"""

import re

from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import Route

from server.http.calls import Call
from server.http.problems import UNSUPPORTED_MEDIA_TYPE
from server.http.replies import PictureReply
from server.pictures import NAME_PATTERN, Pictures, Refusal
from server.wire.codes import ErrorCode
from server.wire.events import ErrorBody

PICTURES_URL = "/pictures"
TAKEN_TYPES = ("image/jpeg", "image/png", "image/webp")

_CODES: dict[Refusal, str] = {
    Refusal.UNREADABLE: UNSUPPORTED_MEDIA_TYPE,
    Refusal.TOO_MANY_PIXELS: ErrorCode.TOO_LARGE,
    Refusal.FULL: ErrorCode.LIMIT_REACHED,
}
_NAME = re.compile(NAME_PATTERN)
_HEADERS = {
    "cache-control": "public, max-age=31536000, immutable",
    "content-security-policy": "default-src 'none'; sandbox",
    "cross-origin-resource-policy": "cross-origin",
    "x-content-type-options": "nosniff",
}


async def put_picture(call: Call) -> PictureReply | ErrorBody:
    kept = await call.parts.pictures.keep(call.body)
    if isinstance(kept, Refusal):
        return ErrorBody(code=_CODES[kept], message=kept.value)
    return PictureReply(picture_url=f"{PICTURES_URL}/{kept}")


def picture_route(pictures: Pictures) -> Route:
    async def serve(request: Request) -> Response:
        name = request.path_params["name"]
        path = pictures.folder / name
        if not _NAME.fullmatch(name) or not path.is_file():
            return Response("no such picture\n", status_code=404, media_type="text/plain")
        return FileResponse(path, media_type="image/webp", headers=_HEADERS)

    return Route(f"{PICTURES_URL}/{{name}}", serve)
