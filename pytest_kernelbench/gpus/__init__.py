"""The GPUs of this machine as the judge sees them: which there are, what else runs on them, how fast they can be."""
