"""Who may do what: the rows that tests/test_permissions.py demands and checks.

The cells of a row follow ROLES; each is the status which that role is answered with. Light,
agent and supervisor work in Support, whose ticket is asked for; the neighbour works in Billing
and the stranger in no team.
"""

from dataclasses import dataclass, field
from typing import Any

ROLES = ("anonymous", "stranger", "neighbour", "light", "agent", "supervisor", "admin")
# Stands in all that is said on the ticket; strangers must never be told it.
CANARY = "kaleidoscope"


@dataclass(frozen=True)
class Row:
    """What a route answers, by method; ``at`` names the thing of the world it is asked about.

    Where a value of the body is "?name", the id of that thing of the world is sent.
    """

    at: str = ""
    body: dict[str, Any] = field(default_factory=dict)
    query: str = ""
    about_customers: bool = False  # Those are everybody's.
    path: dict[str, str] = field(default_factory=dict)  # What else the address names.
    takes_all: bool = False  # Any method is answered like GET.
    get: str = ""
    post: str = ""
    patch: str = ""

    def cells(self) -> dict[str, list[str]]:
        given = {"GET": self.get, "POST": self.post, "PATCH": self.patch}
        return {method: cells.split() for method, cells in given.items() if cells}


# Columns:         anonymous stranger neighbour light agent supervisor admin
PUBLIC = "         200       200      200       200   200   200        200"
# The API
API_READS = "      401       200      200       200   200   200        200"
API_WATCHES = "    401       403      403       403   403   200        200"
API_OPENS = "      401       400      201       403   201   201        201"
API_TICKET = "     401       404      404       200   200   200        200"
API_CHANGES = "    401       404      404       403   200   200        200"
API_WRITES = "     401       404      404       403   201   201        201"
API_NOTES = "      401       404      404       201   201   201        201"
API_OPERATES = "   401       403      403       403   403   403        201"
# Pages
PAGE = "           302       200      200       200   200   200        200"
SENT_ON = "        302       302      302       302   302   302        302"
TICKET = "         302       404      404       200   200   200        200"
CHANGES = "        302       404      404       403   200   200        200"
HANDS_OVER = "     302       404      404       403   204   200        200"
ANSWERS = "        302       404      404       403   201   201        201"
NOTES = "          302       404      404       201   201   201        201"
MARKS = "          302       404      404       204   204   204        204"
OPENS = "          302       200      200       403   200   200        200"
OPENS_DONE = "     302       400      400       403   302   302        302"
# What belongs to its author, here the agent
API_OWN = "        401       404      404       403   201   403        403"
OWN = "            302       404      404       403   200   403        403"
OWN_FILE = "       302       404      404       404   200   404        404"
OWN_FILE_GONE = "  302       404      404       404   204   404        404"
# Customers
WRITES_ABOUT = "   302       302      302       403   302   302        302"
# Doors and what came through them
LEADS = "          302       403      403       403   403   200        200"
OPERATES = "       302       403      403       403   403   403        200"
REPEATS = "        302       403      403       403   403   403        302"
# Programs elsewhere that show who they are in another way: being signed in here helps nobody.
HOOKS = "          403       403      403       403   403   403        403"
SETS_UP = "        302       403      403       403   403   403        200"
SETS_UP_DONE = "   302       403      403       403   403   403        302"
# What supervisors look after
LEADS_ON = "       302       404      404       403   403   302        302"
LEADS_AWAY = "     302       403      403       403   403   302        302"
REMOVES = "        302       404      404       403   403   200        200"

NEW = {"subject": "s", "body": "b", "customer": {"email": "new@example.org"}}
NEW_FORM = {"subject": "s", "body": "b", "customer_email": "new@example.org", "inbox": "?inbox"}
CONSENT = {"purpose": "marketing", "action": "granted", "channel": "phone"}
OAUTH = {"provider": "google", "user": "u@demo.test", "client_id": "c"}

ROUTES: dict[str, Row] = {
    "healthz": Row(get=PUBLIC, takes_all=True),
    "readyz": Row(get=PUBLIC, takes_all=True),
    "metrics": Row(get=PUBLIC, takes_all=True),
    "api:schema": Row(get=PUBLIC),
    "api:tickets": Row(body=NEW, get=API_READS, post=API_OPENS),
    "api:ticket": Row("ticket", {"priority": "high"}, get=API_TICKET, patch=API_CHANGES),
    "api:changes": Row("ticket", get=API_TICKET),
    "api:messages": Row("ticket", get=API_TICKET),
    "api:replies": Row("ticket", {"body": "b"}, post=API_WRITES),
    "api:notes": Row("ticket", {"body": "b"}, post=API_NOTES),
    "api:transitions": Row("ticket", {"status": "resolved"}, post=API_WRITES),
    "api:withdrawal": Row("scheduled", post=API_OWN),
    "api:customers": Row(get=API_READS, about_customers=True),
    "api:customer": Row("customer", get=API_READS, about_customers=True),
    "api:events": Row(get=API_READS),
    "api:deliveries": Row(get=API_WATCHES),
    "api:release": Row("strange_delivery", post=API_OPERATES),
    "api:refile": Row("delivery", {"ticket": "?ticket"}, post=API_OPERATES),
    "api:block": Row("strange_delivery", post=API_OPERATES),
    "api:outgoing": Row(get=API_WATCHES),
    "tickets:start": Row(get=SENT_ON, takes_all=True),
    "tickets:list": Row(get=PAGE, query="view=all"),
    "tickets:rows": Row(get=PAGE, query="view=all"),
    "tickets:choices": Row(get=PAGE),
    "tickets:new": Row(body=NEW_FORM, get=OPENS, post=OPENS_DONE, takes_all=True),
    "tickets:ticket": Row("ticket", get=TICKET),
    "tickets:changes": Row("ticket", get=TICKET),
    "tickets:reply": Row("ticket", {"body": "b"}, post=ANSWERS),
    "tickets:note": Row("ticket", {"body": "b"}, post=NOTES),
    "tickets:status": Row("ticket", {"value": "resolved"}, post=CHANGES),
    "tickets:assignee": Row("ticket", {"value": "?supervisor"}, post=CHANGES),
    "tickets:team": Row("ticket", {"value": "?billing"}, post=HANDS_OVER),
    "tickets:priority": Row("ticket", {"value": "40"}, post=CHANGES),
    "tickets:tags": Row("ticket", {"value": ["lamp"]}, post=CHANGES),
    "tickets:read": Row("ticket", {"seq": "1"}, post=MARKS),
    "tickets:upload": Row("ticket", {"file": "?file"}, post=NOTES),
    "tickets:message_html": Row("message", get=TICKET),
    "tickets:withdraw": Row("scheduled", post=OWN),
    "tickets:retry": Row("failed", post=CHANGES),
    "tickets:attachment": Row("draft_file", get=OWN_FILE),
    "tickets:discard": Row("draft_file", post=OWN_FILE_GONE),
    "tickets:of_customer": Row("customer", get=PAGE),
    "tickets:search": Row(get=PAGE, query="q=lamp"),
    "customers:list": Row(get=PAGE, about_customers=True),
    "customers:customer": Row("customer", get=PAGE, about_customers=True),
    "customers:consent": Row("customer", CONSENT, post=WRITES_ABOUT),
    "customers:notes": Row("customer", {"notes": "n"}, post=WRITES_ABOUT),
    "customers:tier": Row("customer", {"tier": "?tier", "reason": "r"}, post=WRITES_ABOUT),
    "accounts:team": Row(
        "billing", {"signature": "s"}, get=SETS_UP, post=SETS_UP_DONE, takes_all=True
    ),
    "accounts:preferences": Row(
        body={"timezone": "UTC", "theme": "auto"}, get=PAGE, post=SENT_ON, takes_all=True
    ),
    "tickets:deliveries": Row(get=LEADS),
    "tickets:delivery": Row("delivery", get=LEADS),
    "tickets:release": Row("strange_delivery", post=REPEATS),
    "tickets:refile": Row("delivery", {"number": "?number"}, post=REPEATS),
    "tickets:block_sender": Row("strange_delivery", post=REPEATS),
    "tickets:outgoing": Row(query="state=failed", get=LEADS),
    "tickets:resend": Row("failed", post=LEADS_ON),
    "tickets:spam": Row("ticket", {"value": "yes"}, post=CHANGES),
    "tickets:block": Row("ticket", {"value": "address"}, post=CHANGES),
    "tickets:dismiss": Row("suggestion", post=CHANGES),
    "tickets:remove": Row("message", {"reason": "r"}, post=REMOVES),
    "tickets:message_raw": Row("raw_message", get=REMOVES),
    "tickets:targets": Row(get=PAGE, query="number=lamp"),
    "connectors:blocked": Row(get=LEADS),
    "connectors:block": Row(body={"value": "spam@example.net"}, post=LEADS_AWAY),
    "connectors:unblock": Row("sender_block", post=LEADS_AWAY),
    "connectors:suppressed": Row(get=OPERATES),
    "connectors:lift": Row("suppression", post=REPEATS),
    "connectors:inboxes": Row(get=OPERATES),
    "connectors:inbox": Row(
        "inbox",
        {"undo_seconds": 10, "reopen_days": 14},
        get=SETS_UP,
        post=SETS_UP_DONE,
        takes_all=True,
    ),
    "connectors:test_inbox": Row("inbox", post=REPEATS),
    "connectors:resume": Row("inbox", post=REPEATS),
    "connectors:brand": Row(
        "brand", {"signature": "s"}, get=SETS_UP, post=SETS_UP_DONE, takes_all=True
    ),
    "connectors:dkim": Row("brand", {"domain": "demo.test", "selector": "a"}, post=REPEATS),
    "connectors:mailbox": Row(
        "inbox", {"user": "u", "port": "993"}, get=SETS_UP, post=SETS_UP_DONE, takes_all=True
    ),
    "connectors:mailbox_hook": Row(
        "inbox",
        {"provider": "mailgun", "name": "webhook_signing_key", "secret": "s"},
        post=SETS_UP_DONE,
    ),
    "connectors:oauth_start": Row("inbox", OAUTH, post=SETS_UP),
    "connectors:oauth_callback": Row("inbox", query="code=c&state=s", get=SETS_UP_DONE),
    "connectors:hook": Row("inbox", path={"provider": "mailgun"}, post=HOOKS),
    "connectors:hook_tracking": Row("inbox", path={"provider": "mailgun"}, post=HOOKS),
    "connectors:raw": Row("delivery", get=OPERATES),
    "connectors:retry": Row("delivery", post=REPEATS),
    "connectors:outbox": Row(get=OPERATES),
    "connectors:outbox_mail": Row("mail", get=OPERATES),
    "connectors:outbox_html": Row("mail", get=OPERATES),
}

# The portal, where everybody is a customer or nobody: signed out, Dora, Carol, and alice, whose
# being an agent counts for nothing there. "request" and "file" are Carol's.
PORTAL = {
    "portal": "302 302 302 302",
    "portal_home": "200 200 200 200",
    "portal_css": "200 200 200 200",
    "portal_new": "200 200 200 200",
    "portal_filed": "302 302 302 302",
    "portal_sign_in": "200 200 200 200",
    "portal_code": "302 302 302 302",
    "portal_link": "200 200 200 200",
    "portal_account": "302 200 200 302",
    "portal_request": "302 404 200 302",
    "portal_file": "302 404 200 302",
    "portal_follow": "404 404 404 404",
    "portal_language POST": "302 302 302 302",
    "portal_answer POST": "302 404 400 302",
    "portal_reopen POST": "302 404 302 302",
    "portal_sign_out POST": "302 302 302 302",  # last: it does what it says
}

# Route, frame, kind of name → who is told when the ticket changes.
SOCKETS = {
    ("workspace-socket", "watch", "list"): "no no no yes yes yes yes",
    ("workspace-socket", "watch", "ticket"): "no no no yes yes yes yes",
}

# Keys that programs may write: plain values, and references to things that may be another's.
PLAIN_KEYS = {
    "NewTicket.subject", "NewTicket.body", "NewTicket.customer",
    "NewCustomer.name", "NewCustomer.email",
    "NewReply.body", "NewReply.seen_seq", "NewReply.cc", "NewReply.status", "NewReply.not_before",
    "NewNote.body", "NewTransition.status",
    "TicketChange.priority", "TicketChange.tags",
}  # fmt: skip
# Key → route, a body naming another's thing, what an agent is answered.
REFERENCES: dict[str, tuple[str, dict[str, Any], int]] = {
    "NewTicket.inbox": ("api:tickets", NEW | {"inbox": "?other_inbox"}, 400),
    "NewReply.client_id": ("api:replies", {"body": "b", "client_id": "?other_client_id"}, 400),
    "NewReply.attachments": ("api:replies", {"body": "b", "attachments": ["?other_file"]}, 400),
    "NewNote.client_id": ("api:notes", {"body": "b", "client_id": "?other_client_id"}, 400),
    "NewNote.attachments": ("api:notes", {"body": "b", "attachments": ["?other_file"]}, 400),
    # Its admin sees all tickets; what is no ticket is refused.
    "NewRefiling.ticket": ("api:refile", {"ticket": "?other_inbox"}, 403),
    "TicketChange.assignee": ("api:ticket", {"assignee": "?light"}, 409),
    # Handing over to any team is what teams are for; what is no team is refused.
    "TicketChange.team": ("api:ticket", {"team": "?other_inbox"}, 400),
}
NEVER_WRITABLE = {
    "id", "pk", "seq", "number", "created_at", "is_staff", "is_superuser", "owner", "author",
    "actor", "user", "role", "permissions", "brand", "credentials", "customer_id", "external_id",
    "delivery", "state", "kind", "direction", "withdrawn_at", "_state", "__class__",
}  # fmt: skip

# What the role admin may do in the back office; whoever is no staff cannot open it.
ALL = "add change delete view"
BACK_OFFICE = {
    "tickets.Status": ALL,
    "customers.Tier": ALL,
    "customers.Purpose": ALL,
    "customers.Notice": "view",
    "connectors.Brand": ALL,
    "connectors.Inbox": ALL,
    "accounts.User": ALL,
    "accounts.Team": ALL,
    "accounts.ApiToken": "change delete view",
    "core.Reaction": "view",
    "auth.Group": "",
    "account.EmailAddress": "",
    "mfa.Authenticator": "",
}

# Pages of the sign-in library that are there for people who are not signed in.
SIGNED_OUT = {
    "account_login", "account_logout", "account_inactive", "account_signup",
    "account_email_verification_sent", "account_confirm_email", "account_confirm_login_code",
    "account_reset_password", "account_reset_password_done", "account_reset_password_from_key",
    "account_reset_password_from_key_done", "mfa_authenticate", "mfa_login_webauthn",
}  # fmt: skip
