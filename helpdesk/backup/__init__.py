"""Back-ups: database, files and checkpoints in one folder, and the proof that they come back."""
