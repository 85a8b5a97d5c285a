"""Several runs at once, one step at a time, in every order that a schedule chooses."""
