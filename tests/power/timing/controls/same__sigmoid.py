"""Right, and the same work as the reference."""


def sigmoid(input, out=None):
    return 1 / (1 + (-input).exp())
