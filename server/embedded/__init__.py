"""What makes one command enough: a private redis-server and a live test video, run as children."""


class EmbeddedError(Exception):
    """A child process cannot serve; the message says what to do about it."""
