"""The broker on Redis: keys, the publish script, and the receiving side."""
