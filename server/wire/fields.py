"""Field types shared by commands and views: one place for every limit a client can meet."""

from typing import Annotated

from msgspec import Meta

INT_SAFE_MAX = 2**53 - 1  # the largest integer that every JSON client and Lua can hold exactly

# The end of every pattern. `$` alone also matches before a line feed that ends the text, in Python
# though not in JavaScript and JSON Schema, where this says the same as `$`.
END = r"$(?!\n)"

Id = Annotated[
    str,
    Meta(
        pattern=rf"^[A-Za-z0-9][A-Za-z0-9_-]{{0,63}}{END}",
        description="1 to 64 of A-Z a-z 0-9 _ -",
    ),
]
Uuid7 = Annotated[
    str,
    Meta(
        pattern=r"^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}" + END,
        description="a UUIDv7 (RFC 9562), lower case, chosen by the client; a retry repeats it",
    ),
]
CommandId = Annotated[int, Meta(ge=0, le=INT_SAFE_MAX)]
Quantity = Annotated[int, Meta(ge=1, le=99)]
Cents = Annotated[int, Meta(ge=0, le=100_000_000)]
Units = Annotated[int, Meta(ge=1, le=1_000_000)]
UnitsDelta = Annotated[
    int,
    Meta(
        ge=-1_000_000,
        le=1_000_000,
        description="-1,000,000 to 1,000,000 but not 0",
        extra_json_schema={"not": {"const": 0}},
    ),
]
TimestampMs = Annotated[int, Meta(ge=0, le=INT_SAFE_MAX)]
Text = Annotated[str, Meta(min_length=1, max_length=200)]
Title = Annotated[str, Meta(min_length=1, max_length=120)]
Announcement = Annotated[str, Meta(min_length=1, max_length=300)]
PollOption = Annotated[str, Meta(min_length=1, max_length=60)]
Word = Annotated[str, Meta(min_length=1, max_length=40)]
CommentRef = Annotated[
    str, Meta(pattern=rf"^[A-Za-z0-9_-]{{1,64}}{END}", description="as the comment's view has it")
]
Name = Annotated[str, Meta(min_length=1, max_length=24)]
# An address on this server begins with one `/`: `//host` and `/\host` lead a browser elsewhere.
Url = Annotated[
    str,
    Meta(
        pattern=rf"^(https?://[^\s/\\]|/(?![/\\]))\S*{END}",
        max_length=2000,
        description="https://..., http://... or /... on this server; 1 to 2000 characters",
    ),
]
ReceiptText = Annotated[
    str,
    Meta(
        pattern=rf"^[A-Za-z0-9_=-]+{END}",
        max_length=6_000,
        description="as the reservation's reply had it",
    ),
]
Currency = Annotated[str, Meta(pattern=rf"^[A-Z]{{3}}{END}", description="ISO 4217")]
