from core.errors import HelpdeskError


class AlreadyDone(HelpdeskError):
    """Somebody was quicker, or it was decided before."""

    code = "already_done"
    status = 409


class NotPublishable(HelpdeskError):
    code = "rubric_not_publishable"
    status = 400
