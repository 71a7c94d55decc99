"""Correctness of a kernel: facets, their cases, the checks on each case, and the record."""
