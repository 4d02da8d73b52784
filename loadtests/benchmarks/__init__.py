"""`make bench`: all benchmarks one after the other, and what the documentation shows of them.

    parts      what is run, and where its report goes
    pages      docs/benchmarks.md and its pictures, from the kept reports
    costs      server/capacity/costs.json, for `kaibo capacity`
    picture    the countdown rush over time

A part's report stays in build/, so each can be renewed alone: `make bench BENCH="--only whole"`.
"""
