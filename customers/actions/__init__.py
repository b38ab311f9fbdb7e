"""Every change to customers: who they are, what they agreed to, and their signing in."""

from customers.actions.custom import assign_values, set_custom
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
from customers.actions.setup import (
    add_field,
    add_tier,
    change_field,
    change_tier_settings,
    delete_tier,
    move_field,
)
from customers.actions.sign_in import ask_code, drop_old_codes, redeem_code, redeem_link
from customers.actions.tiers import add_tier_rule, remove_tier_rule, tend_tiers

__all__ = [
    "PURPOSES",
    "TIERS",
    "add_customer",
    "add_field",
    "add_identity",
    "add_organisation",
    "add_tier",
    "add_tier_rule",
    "ask_code",
    "assign_values",
    "change_field",
    "change_tier",
    "change_tier_settings",
    "delete_tier",
    "drop_old_codes",
    "identify_by_email",
    "index_customer",
    "move_field",
    "publish_notice",
    "record_consent",
    "redeem_code",
    "redeem_link",
    "remove_tier_rule",
    "rename_customer",
    "set_custom",
    "set_locale",
    "set_up_tiers_and_purposes",
    "tend_tiers",
    "write_notes",
]
