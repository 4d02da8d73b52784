"""Text that others will see, cleaned before it is kept: names, titles and comments."""

from rooms import moderation
from server.wire.codes import ErrorCode
from server.wire.events import ErrorBody


def shown(text: str, field: str) -> str | ErrorBody:
    """`text` on one line without invisible characters, or the refusal that names `field`."""
    cleaned = moderation.clean(text)
    if cleaned is None:
        path = f"$.{field}"
        return ErrorBody(
            code=ErrorCode.BAD_FIELD, message=f"{path}: nothing in it to show", field=path
        )
    return cleaned
