from core.errors import HelpdeskError, NotAllowed


class LastAdmin(HelpdeskError):
    """Somebody must stay who can let others in."""

    code = "last_admin"


class BuiltIn(HelpdeskError):
    code = "built_in"


class InUse(HelpdeskError):
    code = "in_use"


class OutOfReach(NotAllowed):
    """Nobody gives a right they have not, or changes somebody who may do more."""

    code = "out_of_reach"


class InvitationOver(HelpdeskError):
    """The link was used, is too old, or was replaced by a newer one."""

    code = "invitation_over"
    status = 410
