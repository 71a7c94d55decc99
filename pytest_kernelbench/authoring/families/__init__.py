"""Families of tasks: what tasks share that differ in a dtype, a sign, an activation or the order of their steps.

Each module serves one kind of operation. A task file keeps its reference and says what is its own; the cases, contracts
and helpers that are the same in several task files are here.
"""
