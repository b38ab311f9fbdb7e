from core.errors import HelpdeskError


class ConfigRefused(HelpdeskError):
    """A file says something that cannot be, with the place where it says so."""

    code = "config_refused"
    status = 400
