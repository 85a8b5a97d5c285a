"""Values that are whole: lists, notes, addresses, names, birthdays and numbers, each by a rule of its own; pure."""
