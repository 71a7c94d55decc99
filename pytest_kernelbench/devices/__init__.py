"""Where a runner executes, and what pretends to be a device where there is none. Runs beside kernels only."""
