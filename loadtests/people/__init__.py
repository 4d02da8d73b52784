"""People: locust users who behave as those in a room do, and write down what they are told.

The first four know nothing of locust; importing any other makes the process gevent's.

    human        how long people take: pure dice
    record       what a buyer was told, word for word: the oracle's evidence
    ends         what one who paid is to be told
    room_socket  one person's connection
    person       coming, coming back, asking: what all have in common
    buyer        waiting for the countdown, buying, paying
    buyers       the kinds of buyers
    scalper      many tabs, made-up tokens, ids of others
    talker       viewers who comment and like
    stage_host   the host who runs the show
    everybody    all of these, as classes for locust
    following    a shape, as locust knows it
"""
