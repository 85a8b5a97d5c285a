"""Measures the house: sizes, fragments, None checks and arrows of `sync_core`, read from its source."""
