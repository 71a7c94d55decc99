"""Words of the domain: standard library only, nothing of ours but each other."""
