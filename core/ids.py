from uuid import UUID

import uuid_utils.compat


def new_id() -> UUID:
    """A UUIDv7: rises with time, so indexes stay dense, and is known before the row is saved."""
    return uuid_utils.compat.uuid7()
