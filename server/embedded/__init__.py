"""What makes one command enough: a private redis-server and a live test video, run as children."""

ANOTHER_FOLDER = "--data-dir .kaibo-2, or KAIBO_DATA_DIR=.kaibo-2 make demo"  # where to go instead


class EmbeddedError(Exception):
    """A child process cannot serve; the message says what to do about it."""
