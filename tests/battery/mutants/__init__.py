"""Mutants of the pure core: one small change to its source at a time, which the unit tests must notice."""
