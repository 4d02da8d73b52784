"""The OpenAPI document is valid, complete, and says what the server does."""

from typing import Any

import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator

from server.http.endpoints import ENDPOINTS, Access, Endpoint
from server.http.openapi import openapi_document, refusals
from server.http.problems import STATUS, status_of
from server.wire import rundown, together
from server.wire.commands import COMMANDS
from server.wire.roles import LEAST_ROLE

# Only on the socket: they are about the live stream, or there is an address to read instead.
SOCKET_ONLY = {"ping", "comment", "like", "holds"} | {
    op
    for op, command in COMMANDS.items()
    if command.__module__ in (together.__name__, rundown.__name__)
}


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    return openapi_document()


def test_document_is_valid_openapi(document: dict[str, Any]) -> None:
    OpenAPIV31SpecValidator(document).validate()


def test_every_command_has_an_endpoint_or_belongs_to_the_socket() -> None:
    names = {endpoint.name for endpoint in ENDPOINTS}
    assert set(COMMANDS) - names == SOCKET_ONLY


def test_every_endpoint_is_in_the_document_once(document: dict[str, Any]) -> None:
    documented = [
        (method, path, operation["operationId"])
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    ]
    assert documented == [(it.method.lower(), f"/v1{it.path}", it.name) for it in ENDPOINTS]
    names = [name for _, _, name in documented]
    assert len(names) == len(set(names))


@pytest.mark.parametrize("endpoint", ENDPOINTS, ids=lambda it: it.name)
def test_every_refusal_named_in_the_table_is_a_code(endpoint: Endpoint) -> None:
    assert set(refusals(endpoint)) <= set(STATUS)


@pytest.mark.parametrize("endpoint", ENDPOINTS, ids=lambda it: it.name)
def test_documented_responses_follow_from_the_table(
    document: dict[str, Any], endpoint: Endpoint
) -> None:
    told = document["paths"][f"/v1{endpoint.path}"][endpoint.method.lower()]["responses"]
    expected = {str(endpoint.status), "default", *(str(status_of(c)) for c in refusals(endpoint))}
    assert set(told) == expected


@pytest.mark.parametrize("endpoint", ENDPOINTS, ids=lambda it: it.name)
def test_host_commands_want_a_host(endpoint: Endpoint) -> None:
    if endpoint.name in COMMANDS:
        is_hosts = LEAST_ROLE[endpoint.name] == "host"
        assert endpoint.access is (Access.HOST if is_hosts else Access.CALLER)


def test_body_leaves_out_what_the_path_says(document: dict[str, Any]) -> None:
    schemas = document["components"]["schemas"]
    assert set(schemas["PutSaleBody"]["properties"]) == {
        "product_id",
        "price_cents",
        "total_units",
        "per_buyer_max",
        "hold_duration_s",
    }
    assert schemas["PutSaleBody"]["required"] == ["product_id", "price_cents", "total_units"]
    assert schemas["PutSaleBody"]["additionalProperties"] is False
    assert schemas["CancelBody"]["properties"] == {}


def test_limits_of_fields_are_in_the_document(document: dict[str, Any]) -> None:
    line = document["components"]["schemas"]["WantedLineBody"]["properties"]
    assert (line["quantity"]["minimum"], line["quantity"]["maximum"]) == (1, 99)
