"""The OpenAPI 3.1 document, made from the endpoint table and the structs it validates with."""

from collections import defaultdict
from typing import Any

import msgspec

from server.http.endpoints import ENDPOINTS, JSON_TYPE, Access, Endpoint
from server.http.problems import MEDIA_TYPE, Problem, status_of
from server.http.requests import merged_names
from server.wire.fields import Id, Uuid7

REF = "#/components/schemas/{name}"
PATH_TYPES: dict[str, Any] = {
    "room_id": Id,
    "product_id": Id,
    "sale_id": Id,
    "reservation_id": Uuid7,
    "provider": Id,
}

_DESCRIPTION = (
    "The same commands as on the socket, with the same types and the same codes. A refused request "
    "changed nothing. Money is integer cents, times are ms since 1970 on the server's clock."
)


def openapi_document() -> dict[str, Any]:
    """The whole document, as plain values."""
    paths: dict[str, dict[str, Any]] = defaultdict(dict)
    for endpoint in ENDPOINTS:
        paths[f"/v1{endpoint.path}"][endpoint.method.lower()] = _operation(endpoint)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Kaibo", "version": "1", "description": _DESCRIPTION},
        "servers": [{"url": "/"}],
        "paths": dict(paths),
        "components": {
            "schemas": _schemas(),
            "securitySchemes": {
                "token": {
                    "type": "http",
                    "scheme": "bearer",
                    "bearerFormat": "JWT",
                    "description": "For one room: a guest's from POST /v1/rooms/{room_id}/tokens, "
                    "a host's from `kaibo token --role host`.",
                }
            },
        },
    }


def _schemas() -> dict[str, Any]:
    kinds: list[Any] = [Problem, *(it.reply for it in ENDPOINTS if it.gives == JSON_TYPE)]
    kinds += [endpoint.request for endpoint in ENDPOINTS if endpoint.request is not None]
    _, schemas = msgspec.json.schema_components(kinds, ref_template=REF)
    bodies = {_body_name(it): _body(it, schemas) for it in ENDPOINTS if it.request is not None}
    return {**schemas, **bodies}


def _body_name(endpoint: Endpoint) -> str:
    assert endpoint.request is not None
    return f"{endpoint.request.__name__}Body"


def _body(endpoint: Endpoint, schemas: dict[str, Any]) -> dict[str, Any]:
    """The request's schema without the fields that the path gives."""
    assert endpoint.request is not None
    schema: dict[str, Any] = dict(schemas[endpoint.request.__name__])
    given = merged_names(endpoint.request, _path_names(endpoint))
    properties = {k: v for k, v in schema.get("properties", {}).items() if k not in given}
    required = [name for name in schema.get("required", []) if name not in given]
    return {**schema, "title": _body_name(endpoint), "properties": properties, "required": required}


def _operation(endpoint: Endpoint) -> dict[str, Any]:
    operation: dict[str, Any] = {
        "operationId": endpoint.name,
        "summary": endpoint.summary,
        "parameters": [*_path_parameters(endpoint), *_query_parameters(endpoint)],
        "responses": _responses(endpoint),
        "security": _security(endpoint.access),
    }
    if endpoint.request is not None:
        schema = {"$ref": REF.format(name=_body_name(endpoint))}
        operation["requestBody"] = {"content": {JSON_TYPE: {"schema": schema}}}
    elif endpoint.takes:
        operation["requestBody"] = {"content": {it: {} for it in endpoint.takes}}
    return operation


def _path_names(endpoint: Endpoint) -> list[str]:
    return [part[1:-1] for part in endpoint.path.split("/") if part.startswith("{")]


def _path_parameters(endpoint: Endpoint) -> list[dict[str, Any]]:
    return [
        {
            "name": name,
            "in": "path",
            "required": True,
            "schema": msgspec.json.schema(PATH_TYPES[name]),
        }
        for name in _path_names(endpoint)
    ]


def _query_parameters(endpoint: Endpoint) -> list[dict[str, Any]]:
    return [
        {
            "name": query.name,
            "in": "query",
            "description": query.meaning,
            "schema": msgspec.json.schema(query.kind),
        }
        for query in endpoint.queries
    ]


def _security(access: Access) -> list[dict[str, list[str]]]:
    with_token: dict[str, list[str]] = {"token": []}
    if access is Access.PUBLIC:
        return []
    return [{}, with_token] if access is Access.OPTIONAL else [with_token]


def _responses(endpoint: Endpoint) -> dict[str, Any]:
    is_json = endpoint.gives == JSON_TYPE
    schema = {"$ref": REF.format(name=endpoint.reply.__name__)} if is_json else {"type": "string"}
    told: dict[str, Any] = {
        str(endpoint.status): {
            "description": "Done",
            "content": {endpoint.gives: {"schema": schema}},
        }
    }
    by_status: dict[int, list[str]] = defaultdict(list)
    for code in refusals(endpoint):
        by_status[status_of(code)].append(code)
    for status, codes in sorted(by_status.items()):
        told[str(status)] = _problem_response(" or ".join(codes))
    told["default"] = _problem_response("Any other refusal")
    return told


def refusals(endpoint: Endpoint) -> list[str]:
    """Every code an endpoint is expected to refuse with."""
    codes = list(endpoint.refusals)
    if endpoint.access is not Access.PUBLIC:
        codes += ["BAD_TOKEN", "FORBIDDEN"]
    if endpoint.request is not None:
        codes += ["BAD_MESSAGE", "BAD_FIELD", "TOO_LARGE", "UNSUPPORTED_MEDIA_TYPE"]
    return list(dict.fromkeys(codes))


def _problem_response(description: str) -> dict[str, Any]:
    schema = {"$ref": REF.format(name="Problem")}
    return {"description": description, "content": {MEDIA_TYPE: {"schema": schema}}}
