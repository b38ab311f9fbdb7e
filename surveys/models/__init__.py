"""Asking customers how we did, and what follows from what they say."""

from surveys.models.asking import Answer, Invitation
from surveys.models.complaints import COMPLAINT, Complaint, ComplaintPolicy
from surveys.models.definitions import Survey, SurveyPolicy, SurveyVersion
from surveys.models.recovery import Cause, Improvement, RecoveryTask

__all__ = [
    "COMPLAINT",
    "Answer",
    "Cause",
    "Complaint",
    "ComplaintPolicy",
    "Improvement",
    "Invitation",
    "RecoveryTask",
    "Survey",
    "SurveyPolicy",
    "SurveyVersion",
]
