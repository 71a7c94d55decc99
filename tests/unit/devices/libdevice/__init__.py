"""Libdevice on the interpreter."""
