"""Faults that are put into every reference, and what must find them."""
