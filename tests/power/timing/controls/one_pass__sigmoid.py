"""Right, in one pass where the reference takes four."""


def sigmoid(input, out=None):
    return input.sigmoid()
