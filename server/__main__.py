"""`python -m server` is the `kaibo` command."""

from server.cli import main

main()
