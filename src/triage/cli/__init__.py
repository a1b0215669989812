"""The command line: one module a command; the only place that prints, exits and reads the environment."""

from triage.cli.app import main

__all__ = ["main"]
