"""A room is a numbered stream of events fanned out to many connections.

Imports nothing else of ours.
"""
