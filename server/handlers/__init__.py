"""What each command does. One file per subject; `server/dispatch.py` is the list."""
