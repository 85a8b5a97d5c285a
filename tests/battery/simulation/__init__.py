"""Seeded histories: people, faults and passes in one process, then rest, then an all-knowing judge."""
