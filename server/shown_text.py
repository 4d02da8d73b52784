"""Text that others will see, cleaned before it is kept: names, titles and comments."""

from rooms import moderation
from server.wire.codes import ErrorCode
from server.wire.events import ErrorBody


def shown(text: str, field: str) -> str | ErrorBody:
    """`text` on one line without invisible characters, or the refusal that names `field`."""
    cleaned = moderation.clean(text)
    return nothing_to_show(field) if cleaned is None else cleaned


def nothing_to_show(field: str) -> ErrorBody:
    """The refusal of a text that is empty once it is cleaned."""
    path = f"$.{field}"
    return ErrorBody(code=ErrorCode.BAD_FIELD, message=f"{path}: nothing in it to show", field=path)
