"""`python -m loadtests`: gevent first, then the run."""

import locust  # noqa: F401 - makes the standard library's sockets gevent's before anyone takes them

from loadtests.run import main

main()
