"""Load tests: scenarios against a running server, and an oracle that checks every promise.

How a run goes, in the order of the files:

    __main__, cli   the commands; `run` is the one that does it
    scenario        a page of TOML that says who comes, what is sold and what breaks (scenarios/)
    shapes          how many are there when
    run             the command: own server or another one, locust's runner
    own_server      a server of the run's own; `host` is the host's side of any, over HTTP
    show            what all who take part share; `timeline` is what happened in each second
    conduct         the run from the first who comes to the last who has gone
    people/         locust users: buyers, talkers, scalpers, the host
    swarm/          lean readers, thousands to a process
    faults/         what goes wrong on time
    oracle/         were the promises kept?
    telling         the result, put together and told; `result` is its record, run.json
    under           the machine and the versions
    locustfile      the same run under locust's own command line and web UI

Beside them are benchmarks: bench (rooms), bench_inventory (purchases).
"""
