"""Measurements of the product against emulated services: `python -m emulators.bench`."""
