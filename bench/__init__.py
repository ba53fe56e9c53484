"""Measurements of Tocsin against its bars: `python -m bench [name ...]`, or `make bench ARGS="intake"`.

One file per measurement. Each starts real processes on the loopback interface with data folders of their own, compares
side by side within one run, takes the median of several rounds, and leaves nothing behind. Nothing here is imported by
the product.
"""
