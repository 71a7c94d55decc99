"""What people see: made from records, and from nothing else."""
