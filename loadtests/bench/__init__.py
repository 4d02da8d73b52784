"""`make bench-rooms`: what it costs a server to tell a room something, against the bare socket.

Every figure is taken beside a floor in the same run: a loop of `socket.send` of the same bytes to
the same number of readers. Servers run on one core, everything else on the others.

    machine    cores, file descriptors, CPU and memory of a process
    frames     bytes of the wire: handshakes, frames, the room's envelope (pure)
    crowd      thousands of readers on one epoll
    stage      Kaibo twice on one Redis: an office that publishes, a worker that is measured
    subjects   the servers that are measured; the other ones are in peers/
    fanout, memory, arrival, reconnect, growth: one kind of figure each
    verdict, report, picture: what is made of them
"""
