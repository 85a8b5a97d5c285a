"""Builds the package that Azure runs: `python3 dev.py package`."""
