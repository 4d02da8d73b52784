"""Other servers that do the same thing: send what a room's channel carries to every WebSocket.

Each does it the way its own documentation shows, on uvloop, without compression and without
keepalive pings (which would only add to their cost). Each is a program of its own:

    python -m loadtests.bench.peers.NAME --redis URL --channel NAME

It prints where it serves. `bare` is no peer but the floor: no Redis, no frames, a loop of sends.
"""
