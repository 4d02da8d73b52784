"""The HTTP side: the same commands as on the socket, the pages, the webhooks and the health checks.

The table in `endpoints.py` is the place to start reading; `routing.py` makes the routes from it.
"""

from server.http.head_limit import HeadLimit
from server.http.routing import exception_handlers, routes

__all__ = ["HeadLimit", "exception_handlers", "routes"]
