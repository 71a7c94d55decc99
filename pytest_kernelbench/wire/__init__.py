"""What both ends of a runner share: protocol, device names, call conditions, input tensors and calling conventions."""
