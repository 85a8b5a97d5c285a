"""What people, timers and queues ask for: connecting, working off passes, answering questions."""
