"""Corpora of kernels: read from the files that others publish, and published as data sets."""
