"""Seeded histories: people, faults and runs in one process, then rest, then an all-knowing judge."""
