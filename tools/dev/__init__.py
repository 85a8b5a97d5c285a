"""What `dev.py` does once the environment stands: the commands, and what this machine can and cannot run."""
