"""The swarm: thousands of readers in each process, on one event loop, without a task per reader.

    plan      what a process is told, and what it tells (pure)
    blob      the bytes that a flush sent to everybody, read once for all of them (pure)
    standing  where one viewer is in the room's stream, and what it missed (pure)
    reader    one socket
    crowd     the readers of one process, coming and going as the shape says
    herd      the run's side: starts the processes and adds up what they tell

A server frames an event once for all viewers, and so everybody in step is sent the same bytes. That
is what makes 10,000 readers a core's work: bytes that are known are only compared, not read.
"""
