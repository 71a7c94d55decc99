"""Right, and does everything twice."""


def sigmoid(input, out=None):
    1 / (1 + (-input).exp())
    return 1 / (1 + (-input).exp())
