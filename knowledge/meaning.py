from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Meaning:
    """A question's vector as PostgreSQL reads it, and the name of the encoder that made it."""

    encoder: str
    vector: str
