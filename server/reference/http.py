"""The HTTP page: prose from http.md beside this file, facts from the endpoint table."""

from collections.abc import Iterable

from server.http.endpoints import ENDPOINTS, JSON_TYPE, Access, Endpoint, Query
from server.http.problems import status_of
from server.reference.markdown import doc, field_table, filled, number, shape, table
from server.settings import Settings

TOKENS = {
    Access.PUBLIC: "none",
    Access.OPTIONAL: "none, or a guest's own",
    Access.CALLER: "any",
    Access.HOST: "a host's",
}
# Said once for all endpoints, as server/http/openapi.py says them for each.
EVERYWHERE = ("UNKNOWN_ROOM", "UNAVAILABLE", "INTERNAL")
WITH_A_TOKEN = ("BAD_TOKEN", "FORBIDDEN")
WITH_A_BODY = ("BAD_MESSAGE", "BAD_FIELD", "TOO_LARGE", "UNSUPPORTED_MEDIA_TYPE")


def render() -> str:
    return filled(
        "http.md",
        {
            "body_bytes": number(Settings().body_bytes_max),
            "everywhere": _with_status(EVERYWHERE),
            "with_a_token": _with_status(WITH_A_TOKEN),
            "with_a_body": _with_status(WITH_A_BODY),
            "glance": _glance(),
            "endpoints": "\n\n".join(_endpoint(endpoint) for endpoint in ENDPOINTS),
        },
    )


def _address(endpoint: Endpoint) -> str:
    return f"{endpoint.method} /v1{endpoint.path}"


def _glance() -> str:
    rows = [[f"`{_address(it)}`", TOKENS[it.access], it.summary] for it in ENDPOINTS]
    return table(["endpoint", "token", "what it does"], rows)


def _endpoint(endpoint: Endpoint) -> str:
    parts = [
        f"### `{_address(endpoint)}`",
        f"{endpoint.summary}. Token: {TOKENS[endpoint.access]}.",
    ]
    parts += [f"Query: `{_example(query)}`, {query.meaning}." for query in endpoint.queries]
    if endpoint.request is not None:
        in_path = [name for name in endpoint.request.__struct_fields__ if _is_in(name, endpoint)]
        parts.append(field_table(endpoint.request, in_path) or "No body is needed.")
    if endpoint.takes:
        sizes = f"{number(Settings().picture_bytes_max)} bytes at most"
        parts.append(f"The body is the file: {', '.join(endpoint.takes)}; {sizes}.")
    told = shape(endpoint.reply) if endpoint.gives == JSON_TYPE else endpoint.gives
    answer = f"Answers {endpoint.status} with `{told}`."
    parts.append(" ".join(filter(None, (answer, doc(endpoint.reply)))))
    codes = [code for code in endpoint.refusals if code not in EVERYWHERE]
    if codes:
        parts.append(f"Refuses with {_with_status(codes)}.")
    return "\n\n".join(parts)


def _example(query: Query) -> str:
    value = {bool: "true", int: "{minute}"}.get(query.kind, "{reservation_id}")
    return f"{query.name}={value}"


def _with_status(codes: Iterable[str]) -> str:
    return ", ".join(f"`{code}` {status_of(code)}" for code in codes)


def _is_in(name: str, endpoint: Endpoint) -> bool:
    return f"{{{name}}}" in endpoint.path
