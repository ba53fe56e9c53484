"""Faults at random, on real processes and a real database, with the recipients' own server as the judge.

`make chaos ARGS="--minutes 10 --seed 7 --database postgresql"` is the long run; `tests/chaos/test_chaos.py` the short one.
"""
