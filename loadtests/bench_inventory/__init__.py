"""`make bench-inventory`: what a purchase costs, beside floors that are measured in the same run.

engine.py    the scripts alone, on one Redis: vectorised beside a plain script for one purchase
selling.py   whole purchases over WebSockets: Kaibo, a small peer as a tutorial would build it, and
             a floor that only parses and answers
crowd.py     the buyers, a process of their own
verdict.py   the targets, and what a run says about each
"""
