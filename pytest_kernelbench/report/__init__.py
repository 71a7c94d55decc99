"""Figures and texts for people, made from the records of results files and from nothing else."""
