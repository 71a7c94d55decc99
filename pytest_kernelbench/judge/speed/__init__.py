"""Speed of a kernel on a workload: the speedup over a baseline, with its confidence interval."""
