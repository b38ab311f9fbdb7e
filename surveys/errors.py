from core.errors import HelpdeskError, Invalid


class NoSuchLink(HelpdeskError):
    """Forged, cut off, or of somebody else: nothing is said about which."""

    code = "no_such_link"
    status = 404


class SurveyOver(HelpdeskError):
    code = "survey_over"
    status = 410


class AlreadyAsked(HelpdeskError):
    code = "already_asked"


class NothingLive(Invalid):
    code = "nothing_live"


class TaskIncomplete(HelpdeskError):
    """Without cause and remedy nothing was worked."""

    code = "task_incomplete"
    status = 400
