"""What developers build with; never deployed."""
