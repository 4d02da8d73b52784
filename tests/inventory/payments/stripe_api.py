"""A server on the loopback that speaks the shape of Stripe's API, as far as the adapter uses it.

It keeps sessions and refunds, honours idempotency keys as Stripe does (same key and same content:
the first answer; other content: an error), and fails in ways that a test asks for.
"""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

KEY = "sk_test_of_the_tests"
MINIMUM = 50  # of an amount, in minor units


class StripeApi:
    """`failures` are taken one a request: an HTTP status is answered instead of doing it; "mute"
    does it and closes the connection without an answer."""

    def __init__(self) -> None:
        self.url = ""
        self.sessions: dict[str, dict[str, Any]] = {}
        self.refunds: dict[str, dict[str, Any]] = {}
        self.payments: dict[str, int] = {}  # payment intents that were paid, and the amount
        self.asked: list[tuple[str, str, dict[str, str]]] = []
        self.failures: list[int | str] = []
        self.refund_status = "succeeded"
        self._answers: dict[str, tuple[dict[str, str], int, dict[str, Any]]] = {}
        self._lock = threading.Lock()

    def handle(
        self, method: str, path: str, form: dict[str, str], headers: dict[str, str]
    ) -> tuple[int, dict[str, Any]] | None:
        """The answer, or None to hang up."""
        with self._lock:
            self.asked.append((method, path, form))
            failure = self.failures.pop(0) if self.failures else None
            if isinstance(failure, int):
                return failure, problem("api_error", "something is wrong")
            if headers.get("authorization") != f"Bearer {KEY}":
                return 401, problem("invalid_request_error", "Invalid API Key provided: sk_***")
            answer = self._once(method, path, form, headers.get("idempotency-key"))
            return None if failure == "mute" else answer

    def _once(
        self, method: str, path: str, form: dict[str, str], key: str | None
    ) -> tuple[int, dict[str, Any]]:
        if method == "GET" or key is None:
            return self._do(method, path, form)
        if key not in self._answers:
            self._answers[key] = (form, *self._do(method, path, form))
        first, status, body = self._answers[key]
        if first != form:
            return 400, problem("idempotency_error", "Keys can only be used with the same content")
        return status, body

    def _do(self, method: str, path: str, form: dict[str, str]) -> tuple[int, dict[str, Any]]:
        kind, _, name = path.removeprefix("/v1/").rpartition("/")
        if method == "GET":
            found = {"checkout/sessions": self.sessions, "refunds": self.refunds}[kind].get(name)
            return (200, found) if found else (404, problem("invalid_request_error", "No such"))
        if path == "/v1/checkout/sessions":
            return self._new_session(form)
        return self._new_refund(form)

    def _new_session(self, form: dict[str, str]) -> tuple[int, dict[str, Any]]:
        amount = int(form["line_items[0][price_data][unit_amount]"])
        if amount < MINIMUM:
            told = problem("invalid_request_error", "The amount is below the minimum")
            told["error"]["code"] = "amount_too_small"
            return 400, told
        name = f"cs_test_{len(self.sessions) + 1}"
        self.sessions[name] = {
            "id": name,
            "object": "checkout.session",
            "url": f"https://checkout.stripe.com/c/pay/{name}",
            "status": "open",
            "payment_status": "unpaid",
            "payment_intent": None,
            "amount_total": amount,
            "currency": form["line_items[0][price_data][currency]"],
            "expires_at": int(form["expires_at"]),
            "metadata": metadata_in(form),
        }
        return 200, self.sessions[name]

    def _new_refund(self, form: dict[str, str]) -> tuple[int, dict[str, Any]]:
        intent = form["payment_intent"]
        if intent not in self.payments:
            return 404, problem("invalid_request_error", f"No such payment_intent: '{intent}'")
        if any(each["payment_intent"] == intent for each in self.refunds.values()):
            told = problem("invalid_request_error", f"Charge of {intent} is refunded already.")
            told["error"]["code"] = "charge_already_refunded"
            return 400, told
        name = f"re_{len(self.refunds) + 1}"
        self.refunds[name] = {
            "id": name,
            "object": "refund",
            "amount": self.payments[intent],
            "currency": "cny",
            "payment_intent": intent,
            "status": self.refund_status,
            "metadata": metadata_in(form),
        }
        return 200, dict(self.refunds[name])


def metadata_in(form: dict[str, str]) -> dict[str, str]:
    begins = "metadata["
    return {name[9:-1]: value for name, value in form.items() if name.startswith(begins)}


def problem(kind: str, message: str) -> dict[str, Any]:
    return {"error": {"type": kind, "message": message}}


@contextmanager
def serving(api: StripeApi) -> Iterator[None]:
    """`api` on a free port of the loopback, in a thread, until the block ends."""

    class Handler(BaseHTTPRequestHandler):
        def _answer(self) -> None:
            length = int(self.headers.get("content-length", "0"))
            form = dict(parse_qsl(self.rfile.read(length).decode()))
            headers = {name.lower(): value for name, value in self.headers.items()}
            answer = api.handle(self.command, urlsplit(self.path).path, form, headers)
            if answer is None:
                self.close_connection = True
                return
            body = json.dumps(answer[1]).encode()
            self.send_response(answer[0])
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(body)))
            self.send_header("request-id", "req_1")
            self.end_headers()
            self.wfile.write(body)

        do_GET = _answer  # noqa: N815 - the name that the library looks for
        do_POST = _answer  # noqa: N815

        def log_message(self, *_: object) -> None:
            """Nothing: what came is kept in the api."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    api.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
