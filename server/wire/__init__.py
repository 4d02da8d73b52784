"""Protocol v1: typed messages, the two codecs, error codes and close codes.

Imports nothing else of ours, so a load generator or another client can use it alone.
"""
