"""Tokens: who is calling, in which room, as what. Signed, never stored.

A token is a JWT (HS256) for one room and one role; nothing works across rooms or roles. Guests get
one from `POST /v1/rooms/{room_id}/tokens`, hosts from `kaibo token`. The time is passed in.
"""

import contextlib
import hashlib
import hmac
import os
import secrets
from pathlib import Path
from typing import Literal

import jwt
import msgspec

from server.settings import Settings, SettingsError
from server.wire.fields import Id, Name
from server.wire.views import Role

TokenRole = Literal["viewer", "host"]  # an assistant is a viewer whom the room made one

ALGORITHM = "HS256"
SECRET_BYTES_MIN = 32


class BadToken(Exception):
    """No valid token; the message says what is wrong with it and what to do."""


class WrongRoom(Exception):
    """A valid token, for another room."""


class Caller(msgspec.Struct, frozen=True):
    """Who a valid token says is calling; the room may have given it another role."""

    user_id: str
    name: str
    role: Role
    room_id: str


class Claims(msgspec.Struct, frozen=True, kw_only=True):
    """What is inside a token; each is required, times in seconds."""

    aud: Literal["kaibo"]
    sub: Id
    name: Name
    role: TokenRole
    room: Id
    iat: int
    exp: int


class Tokens:
    """Issues and reads tokens with one secret."""

    def __init__(self, secret: bytes, guest_lifetime_s: int, host_lifetime_s: int) -> None:
        self._secret = secret
        self._signatures = jwt.PyJWS(algorithms=[ALGORITHM])
        self._lifetimes_s: dict[TokenRole, int] = {
            "viewer": guest_lifetime_s,
            "host": host_lifetime_s,
        }

    def issue(self, caller: Caller, now_s: int) -> tuple[str, int]:
        """A token for `caller` and when it expires, in ms. Raises msgspec.ValidationError if the
        caller's ids or name would not be accepted back."""
        role: TokenRole = "host" if caller.role == "host" else "viewer"
        claims = Claims(
            aud="kaibo",
            sub=caller.user_id,
            name=caller.name,
            role=role,
            room=caller.room_id,
            iat=now_s,
            exp=now_s + self._lifetimes_s[role],
        )
        plain = msgspec.to_builtins(claims)
        msgspec.convert(plain, Claims)
        return jwt.encode(plain, self._secret, algorithm=ALGORITHM), claims.exp * 1000

    def read(self, token: str | None, room_id: str, now_s: int) -> Caller:
        """The caller a token names. Raises BadToken, or WrongRoom if it is not for `room_id`."""
        if not token:
            raise BadToken("a token is required: ask POST /v1/rooms/{room_id}/tokens for one")
        claims = self._claims(token)
        if claims.exp <= now_s:
            raise BadToken("the token has expired: ask for a new one")
        if claims.room != room_id:
            raise WrongRoom("the token is for another room: ask for one of this room")
        return Caller(claims.sub, claims.name, claims.role, claims.room)

    def _claims(self, token: str) -> Claims:
        """What is signed. The library only checks the signature: what it says is for `Claims` to
        check, whose times are compared with the `now_s` that was passed in, not with a clock."""
        try:
            payload = self._signatures.decode(token, self._secret, algorithms=[ALGORITHM])
            return msgspec.json.decode(payload, type=Claims)
        except jwt.InvalidSignatureError:
            raise BadToken("the token was not signed by this server: ask for a new one") from None
        except (jwt.InvalidTokenError, msgspec.DecodeError):
            raise BadToken("the token cannot be read: send it exactly as it was given") from None


def load_secret(settings: Settings) -> bytes:
    """The signing key: from `token_secret`, else from the file `secret` in data_dir, made once.

    Raises SettingsError if it is shorter than 32 bytes.
    """
    if settings.token_secret:
        return _long_enough(settings.token_secret.encode(), "KAIBO_TOKEN_SECRET")
    path = secret_path(settings)
    if not path.exists():
        settings.make_data_folder()
        _make_secret(path)
    return _long_enough(path.read_bytes().strip(), str(path))


def secret_path(settings: Settings) -> Path:
    return settings.data_path / "secret"


def purpose_key(secret: bytes, purpose: str) -> bytes:
    """A key of its own for one purpose, so that no signature can be used for another."""
    return hmac.new(secret, f"kaibo:{purpose}".encode(), hashlib.sha256).digest()


def _long_enough(secret: bytes, source: str) -> bytes:
    if len(secret) < SECRET_BYTES_MIN:
        raise SettingsError(
            f"{source} is {len(secret)} bytes; a signing key needs {SECRET_BYTES_MIN} or more, "
            "for example the output of: openssl rand -hex 32"
        )
    return secret


def _make_secret(path: Path) -> None:
    """Write a new key readable by its owner only; whole or not at all, and never over another."""
    draft = path.with_name(f"secret.{secrets.token_hex(8)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "w") as file:
            file.write(secrets.token_hex(SECRET_BYTES_MIN))
            file.flush()
            os.fsync(file.fileno())
        with contextlib.suppress(FileExistsError):  # another process was first: its key it is
            os.link(draft, path)
    finally:
        draft.unlink()
