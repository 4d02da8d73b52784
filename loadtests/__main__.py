"""`python -m loadtests`: gevent first, then the command."""

import locust  # noqa: F401 - makes the standard library's sockets gevent's before anyone takes them

from loadtests.cli import main

main()
