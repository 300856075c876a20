"""The outside world: command line, HTTP, disk and SQLite."""
