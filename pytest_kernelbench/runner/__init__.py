"""The kernel's side of the process boundary: everything in a runner's process. Not trusted."""
