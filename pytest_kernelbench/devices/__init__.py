"""Patches of torch and Triton that run beside a kernel, and nowhere else."""
