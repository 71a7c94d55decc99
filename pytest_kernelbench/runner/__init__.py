"""Both ends of the process boundary: the client that the judge holds, and the server beside the kernel."""
