"""Comparison of a kernel's results with the oracle's evidence: by value, or by meaning where values are not unique."""
