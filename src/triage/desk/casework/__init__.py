"""What staff work on: the queue, a case, what to do next, and each step of the work."""
