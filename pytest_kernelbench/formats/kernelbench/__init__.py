"""Problems of KernelBench as tasks: files that define `Model`, `get_inputs` and `get_init_inputs`."""
