"""The judge's end of a runner: start it, send requests, validate responses, end it. Trusted."""
