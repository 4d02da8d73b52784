"""What a setting or a flag wants, in plain words: a type's own name for it is a library's.

Said from the same type that refuses, so that it cannot differ from it.
"""

from typing import Any

from msgspec import inspect

from server.wire.fields import Id

_ID = "1 to 64 letters (a-z, A-Z), digits, - and _, beginning with a letter or digit"


def wanted(kind: Any) -> str:
    """As it goes on after "must be": a whole number from 0 to 65535."""
    if kind == Id:
        return _ID
    described, info = "", inspect.type_info(kind)
    while isinstance(info, inspect.Metadata):
        described = str((info.extra_json_schema or {}).get("description", ""))
        info = info.type
    if isinstance(info, inspect.IntType | inspect.FloatType):
        return _number(info)
    if isinstance(info, inspect.LiteralType):
        *others, last = map(str, info.values)
        return f"{', '.join(others)} or {last}"
    if isinstance(info, inspect.StrType) and info.pattern is None:
        return _text(info)
    return described.partition(";")[0]


def _number(info: inspect.IntType | inspect.FloatType) -> str:
    name = "a whole number" if isinstance(info, inspect.IntType) else "a number"
    if info.ge is not None and info.le is not None:
        return f"{name} from {info.ge} to {info.le}"
    least = f" above {info.gt}" if info.gt is not None else ""
    least += f" of at least {info.ge}" if info.ge is not None else ""
    most = f" of at most {info.le}" if info.le is not None else ""
    return name + " and".join(filter(None, (least, most)))


def _text(info: inspect.StrType) -> str:
    if info.max_length is None:
        return "text"
    return f"{info.min_length or 0} to {info.max_length} characters"
