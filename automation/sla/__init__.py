"""Promises as pure functions: working time, and clocks folded from what happened. No database."""
