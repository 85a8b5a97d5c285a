"""The command line: what an administrator types, and what he reads."""
