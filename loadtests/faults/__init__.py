"""Faults in the run: made on time, each a marker in the record with when it was over.

To add one, write it in `script` and name it in `FaultKind` of scenario.py.

    script       what a scenario's faults do, and how it is seen that the server has recovered
    processes    the processes of the run's own server: its workers, its Redis, their CPU
    lossy_proxy  a TCP proxy that loses answers and slows the network
    proxy        the same as a process of its own, told what to do on its standard input
"""
