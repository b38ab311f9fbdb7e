"""The configuration of an installation as files that people review: export, plan, apply."""
