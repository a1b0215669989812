"""The desk in the browser: pages, and the interface for other software."""
