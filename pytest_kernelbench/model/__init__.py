"""The words of the domain: standard library only, and nothing of ours but each other."""
