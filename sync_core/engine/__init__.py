"""The order of things: knows only the domain and the ports."""
