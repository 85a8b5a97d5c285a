"""The main job, shown step by step on emulated services: `python -m emulators.demo`."""
