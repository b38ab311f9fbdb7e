from quality.models.inspection import CallBack, Inspection, Mood, Rubric, Shift
from quality.models.reviewing import Coaching, Dispute, Practice, Review

__all__ = [
    "CallBack",
    "Coaching",
    "Dispute",
    "Inspection",
    "Mood",
    "Practice",
    "Review",
    "Rubric",
    "Shift",
]
