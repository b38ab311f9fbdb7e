"""When a rule acts, and why: trees of typed conditions, triggers, causes. No database."""
