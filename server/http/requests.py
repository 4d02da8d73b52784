"""Reading a request: its token, its body under a cap, and the typed message both make.

The only place that reads a body. Whatever is refused here is refused before any handler runs.
"""

from collections.abc import Mapping
from typing import Any, TypeVar

from starlette.requests import Request

from server.http.problems import UNSUPPORTED_MEDIA_TYPE, Refused
from server.tokens import BadToken, Caller, Tokens, WrongRoom
from server.wire.codec import JSON, Undecodable, convert
from server.wire.codes import ErrorCode
from server.wire.events import ErrorBody

T = TypeVar("T")


def bearer(request: Request) -> str | None:
    """The token in the Authorization header; tokens are taken from nowhere else."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    return token.strip() or None if scheme.lower() == "bearer" else None


def caller_of(request: Request, tokens: Tokens, now_ms: int) -> Caller:
    """Who is calling, in the room of the path. Refuses BAD_TOKEN, or FORBIDDEN in another room."""
    try:
        return tokens.read(bearer(request), request.path_params["room_id"], now_ms // 1000)
    except BadToken as error:
        raise Refused(ErrorCode.BAD_TOKEN, str(error)) from None
    except WrongRoom as error:
        raise Refused(ErrorCode.FORBIDDEN, str(error)) from None


async def read_body(request: Request, bytes_max: int) -> bytes:
    """The whole body. Refuses TOO_LARGE by the declared length, else as soon as it is exceeded."""
    declared = request.headers.get("content-length", "0")
    if not declared.isdecimal() or int(declared) > bytes_max:
        raise _too_large(bytes_max)
    received = bytearray()
    async for chunk in request.stream():
        received += chunk
        if len(received) > bytes_max:
            raise _too_large(bytes_max)
    return bytes(received)


def _too_large(bytes_max: int) -> Refused:
    return Refused(ErrorCode.TOO_LARGE, f"a request body may have {bytes_max} bytes at most")


async def read_message(request: Request, kind: type[T], bytes_max: int) -> T:
    """The body as a `kind`, with the path's parameters where `kind` has fields of their names."""
    _refuse_other_than_json(request.headers.get("content-type"))
    fields = _fields(await read_body(request, bytes_max))
    in_path = {name: request.path_params[name] for name in merged_names(kind, request.path_params)}
    for name, value in in_path.items():
        if fields.get(name, value) != value:
            raise Refused(
                ErrorCode.BAD_FIELD, f"$.{name}: the path says {value[:64]!r}", f"$.{name}"
            )
    message = convert({**fields, **in_path}, kind)
    if isinstance(message, ErrorBody):
        raise Refused(message.code, message.message, message.field)
    return message


def merged_names(kind: Any, path_names: Mapping[str, Any] | list[str]) -> list[str]:
    """Which names of the path are fields of the message."""
    return [name for name in path_names if name in kind.__struct_fields__]


def _refuse_other_than_json(content_type: str | None) -> None:
    media_type = (content_type or "application/json").partition(";")[0].strip().lower()
    if media_type != "application/json" and not media_type.endswith("+json"):
        raise Refused(UNSUPPORTED_MEDIA_TYPE, f"send application/json, not {media_type[:60]!r}")


def _fields(body: bytes) -> dict[str, Any]:
    """The body's JSON object; no body at all is an empty one."""
    if not body:
        return {}
    try:
        fields = JSON.decode(body)
    except Undecodable as error:
        raise Refused(ErrorCode.BAD_MESSAGE, f"the body is {error}") from None
    if not isinstance(fields, dict):
        raise Refused(ErrorCode.BAD_FIELD, "$: expected an object", "$")
    return fields
