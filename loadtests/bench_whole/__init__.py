"""The whole system beside a peer: one crowd that watches, talks and rushes, against each of them.

The same people, on the same machine, with the same script of events: a room fills, comments flow,
sales open and everybody presses at once, a worker is killed while they press.

    plan       how many of everything
    dialects   what each server's messages look like (pure)
    person     one socket of the crowd, which comes back when it is cut off
    crowd      all of them
    servers    Kaibo and the peer, started and asked
    course     what happens, in order
    promises   what was broken (pure)
    verdict    the figures (pure)
    picture    two charts of them
"""
