from core.errors import HelpdeskError, Invalid


class IdentityTaken(HelpdeskError):
    """The address belongs to somebody else; people are merged, addresses not shared."""

    code = "identity_taken"
    status = 409


class UnknownPurpose(Invalid):
    code = "unknown_purpose"


class WrongCode(Invalid):
    code = "wrong_code"


class WrongPasskey(Invalid):
    code = "wrong_passkey"


class ImportRefused(HelpdeskError):
    code = "import_refused"
    status = 409
