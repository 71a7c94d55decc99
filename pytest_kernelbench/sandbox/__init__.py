"""What a runner may reach and use: Landlock, seccomp, limits, and a test of all three."""
