"""Every change to customers: who they are, what they agreed to, and their signing in."""

from customers.actions.people import (
    PURPOSES,
    TIERS,
    add_customer,
    add_identity,
    add_organisation,
    change_tier,
    identify_by_email,
    index_customer,
    publish_notice,
    record_consent,
    rename_customer,
    set_locale,
    set_up_tiers_and_purposes,
    write_notes,
)
from customers.actions.sign_in import ask_code, drop_old_codes, redeem_code, redeem_link

__all__ = [
    "PURPOSES",
    "TIERS",
    "add_customer",
    "add_identity",
    "add_organisation",
    "ask_code",
    "change_tier",
    "drop_old_codes",
    "identify_by_email",
    "index_customer",
    "publish_notice",
    "record_consent",
    "redeem_code",
    "redeem_link",
    "rename_customer",
    "set_locale",
    "set_up_tiers_and_purposes",
    "write_notes",
]
