"""Trusted: draws cases, knows the right answers, decides. Never imports a kernel."""
