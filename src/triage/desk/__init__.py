"""The desk: a queue that triage staff work from, on SQLite or PostgreSQL."""
