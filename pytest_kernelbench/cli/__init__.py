"""The command line `pytest-kernelbench`: one module for each command, assembled by `main`.

The module of a command has `declare(commands)`, which adds the command with its arguments to the parser, and
`run(arguments)`, which returns the exit status.
"""
