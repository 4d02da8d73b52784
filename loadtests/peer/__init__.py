"""A small live sale as a good engineer builds it in a day, from tutorials: what we compare with.

Starlette's WebSockets on stock uvicorn, redis-py, JSON, one EVALSHA per purchase, one Redis
channel, a queue and a task per socket, orders in SQLite. Nothing is left out to make it slow, and a
repeated purchase with the same id is answered like the first. It checks no tokens, takes no
payments, gives nothing back, and who reconnects is not told what was missed.

    app        the routes, and what a purchase is
    seats      the room: who is connected to this worker, and what they are sent
    orders     the orders, in SQLite
    __main__   uvicorn with its workers
"""
