"""The judge: decides whether a kernel is right, how fast it is, and whether it compiles; never imports a kernel."""
