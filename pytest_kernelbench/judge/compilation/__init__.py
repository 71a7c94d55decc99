"""Compilation of a kernel for a target, without a GPU: its specialisations, their resources, and the record."""
