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
    delete: str = ""

    def cells(self) -> dict[str, list[str]]:
        given = {"GET": self.get, "POST": self.post, "PATCH": self.patch, "DELETE": self.delete}
        return {method: cells.split() for method, cells in given.items() if cells}


# Columns:         anonymous stranger neighbour light agent supervisor admin
PUBLIC = "         200       200      200       200   200   200        200"
# The API
API_READS = "      401       200      200       200   200   200        200"
API_LEADS = "      401       403      403       403   403   403        200"
API_LEADS_AWAY = " 401       403      403       403   403   403        204"
API_WATCHES = "    401       403      403       403   403   200        200"
API_CALLS = "      401       403      403       403   403   201        201"
API_ENDS = "       401       403      403       403   403   400        400"
API_OF_AGENT_AND_LEADS = "401 404 404       404   200   200        200"
API_REVIEWS = "    401       403      403       403   403   201        204"
API_OF_REVIEWER = "401       403      403       403   403   200        404"
API_MARKS = "      401       403      403       403   403   400        404"
API_OPENS = "      401       400      201       403   201   201        201"
API_OPENS_ARTICLE = "401    201      201       403   201   201        201"
API_TICKET = "     401       404      404       200   200   200        200"
API_CHANGES = "    401       404      404       403   200   200        200"
API_WRITES = "     401       404      404       403   201   201        201"
API_NOTES = "      401       404      404       201   201   201        201"
API_OPERATES = "   401       403      403       403   403   403        201"
API_KEEPS = "      401       201      201       201   201   201        201"
API_OF_TEAM = "    401       404      404       200   200   200        404"
# Pages
PAGE = "           302       200      200       200   200   200        200"
SENT_ON = "        302       302      302       302   302   302        302"
TICKET = "         302       404      404       200   200   200        200"
CHANGES = "        302       404      404       403   200   200        200"
CHANGES_AWAY = "   302       404      404       403   302   302        302"
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
# Lists: many at once, the next best, and views of one's own or of Support
UNDOES = "         302       400      400       403   400   400        400"
LED_ON = "         302       204      204       403   200   200        204"
KEEPS_VIEW = "     302       201      201       201   201   201        201"
BRINGS_BACK = "    302       400      400       400   400   400        400"
TEAMS_OWN = "      302       404      404       403   200   200        404"
# Customers
WRITES_ABOUT = "   302       302      302       403   302   302        302"
# Doors and what came through them
LEADS = "          302       403      403       403   403   200        200"
OPERATES = "       302       403      403       403   403   403        200"
REPEATS = "        302       403      403       403   403   403        302"
# Programs elsewhere that show who they are in another way: being signed in here helps nobody.
HOOKS = "          403       403      403       403   403   403        403"
SETS_UP = "        302       403      403       403   403   403        200"
OVER = "           410       410      410       410   410   410        410"
SETS_UP_WRONG = "  302       403      403       403   403   403        400"
SETS_UP_DONE = "   302       403      403       403   403   403        302"
# A visitor's browser shows a token of its own; being signed in here helps nobody.
TOKEN = "          401       401      401       401   401   401        401"
NO_LINK = "        404       404      404       404   404   404        404"
NO_JSON = "        400       400      400       400   400   400        400"
WIDGET = {"key": "the-widget"}
CHATS = "          302       404      404       403   204   204        204"
CHATS_NOT = "      302       404      404       403   409   409        409"
CHATS_WRONG = "    302       404      404       403   400   400        400"
CHAT_DOOR = {
    "name": "Shop",
    "position": "left",
    "offer_seconds": 30,
    "leaves_after_seconds": 90,
    "keep_days": 365,
}
# Quality
OF_AGENT_AND_LEADS = "302    404      404       404   200   200        200"
OF_AGENT_AND_LEADS_AWAY = "302 404    404       404   302   302        302"
DISPUTES = "       302       404      404       404   302   403        403"
OF_SUPERVISOR = "  302       403      403       403   403   200        404"
OF_SUPERVISOR_BADLY = "302     403      403       403   403   400        404"
OF_AGENT = "       302       404      404       404   200   404        404"
OF_AGENT_AWAY = "  302       404      404       404   302   404        404"
RUBRIC = {
    "form-TOTAL_FORMS": 1,
    "form-INITIAL_FORMS": 1,
    "form-0-code": "rude_tone",
    "form-0-name": "Friendly tone",
    "form-0-weight": 4,
}
TRIAGES = dict.fromkeys(("type", "priority", "skill", "language", "sentiment"), "ask")
ROUTES_TEAM = {"mode": "push", "starves_after": 60, "window_hours": 8}
NEEDS = {"skill": "?skill", "level": 2, "least": 1}
FIRST = {"row": "01999999-0000-7000-8000-000000000001"}
FIRST_SAID = {"page": "*", "seconds": 20, "per_days": 7, "text_en": "May we help?"}
RULE = {
    "name": "Late",
    "body": '{"when": {"kind": "manual"}, "if": {"all": []}, '
    '"then": [{"do": "set_priority", "value": "30"}]}',
}
SAYS = {
    "name": "Late",
    "trigger": {"kind": "manual"},
    "steps": [{"do": "set_priority", "value": "30"}],
}
POLICY = {
    "name": "Gold",
    "hours": "always",
    "zone": "calendar",
    "warn": "80",
    "first_response_": "4 h",
}
SURVEY = {"name": "After", "delay_minutes": 0, "share": 100, "expires_days": 14, "position": 1}
SURVEY_POLICY = {
    "cap": 1,
    "cap_days": 30,
    "edit_hours": 24,
    "recovery_hours": 24,
    "control_share": 0,
    "least": 5,
}
HOOK = {"name": "ERP", "url": "https://93.184.216.34/in"}
# What supervisors look after
LEADS_DATA = "     302       403      403       403   403   200        200"
LEADS_BADLY = "    302       403      403       403   403   400        400"
LEADS_ON = "       302       404      404       403   403   302        302"
LEADS_AWAY = "     302       403      403       403   403   302        302"
# Everybody's macros are kept by those who may share them; whoever may not is told what to choose.
SHARES = "         302       400      400       400   400   302        302"
KEEPS = "          302       404      404       404   404   200        200"
KEEPS_ON = "       302       404      404       404   404   302        302"
REMOVES = "        302       404      404       403   403   200        200"

# The work around a ticket
FLAGS = "          302       404      404       403   204   204        204"
NOT_WITH_BOT = "   302       404      404       403   404   404        404"
FOLLOWS = "        302       404      404       200   200   200        200"
TOLD = "           302       204      204       204   204   204        204"
WORKS = "          302       200      200       403   200   200        200"
ENDS = "           302       404      404       403   302   302        302"
REPEATED = "       302       404      404       403   302   302        302"
REPEAT = {"subject": "s", "every": 1, "unit": "month", "first_on": "2099-01-31", "at": "09:00"}

NEW = {"subject": "s", "body": "b", "customer": {"email": "new@example.org"}}
NEW_FORM = {"subject": "s", "body": "b", "customer_email": "new@example.org", "inbox": "?inbox"}
CONSENT = {"purpose": "marketing", "action": "granted", "channel": "phone"}
TIER = {"name": "N", "colour": "#2c5f4a", "priority": 5}
DOOR = {
    "name": "Door",
    "address": "door@demo.test",
    "brand": "?brand",
    "undo_seconds": 10,
    "reopen_days": 14,
    "is_active": "on",
}
MACRO = {"name": "m", "body": "b", "is_active": "on"}
ARTICLE = {"title": "t", "body": "b"}
ABOUT = {"category": "?shelf", "audience": "public", "language": "en"}
HELP = {"brand": "perchwood"}
NEW_TEXT = {"language": "en", "title": "t", "body": "b"}
NEW_ARTICLE = NEW_TEXT | {"category": "?shelf"}
MANY = {"ids": ["?ticket"], "do": "priority", "value": "40"}
VIEW = {"name": "n", "filter": '{"all": [{"field": "text", "is": "has", "value": "lamp"}]}'}
OAUTH = {"provider": "google", "user": "u@demo.test", "client_id": "c"}

PERSONA = {"name": "Pip", "languages": ["en"], "per_thread": "30", "per_hour": "20"}
OUTLINE = "flow order_status"
SUITE = {"name": "Every day", "bar": "90", "is_gating": "on"}
CASE = {
    "name": "c",
    "language": "en",
    "turns": "Where is it?",
    "expected": "solved",
    "within": "5",
    "tier": "standard",
}
TOOL = {"url": "https://shop.example/find/", "timeout_seconds": "5"}
KIND = {"name_en": "N", "kind": "list", "lines": "a = b"}

ROUTES: dict[str, Row] = {
    "healthz": Row(get=PUBLIC, takes_all=True),
    "icons": Row(get=PUBLIC, takes_all=True, path={"version": "1"}),
    "readyz": Row(get=PUBLIC, takes_all=True),
    "metrics": Row(get=PUBLIC, takes_all=True),
    "api:schema": Row(get=PUBLIC),
    "api:tickets": Row(body=NEW, get=API_READS, post=API_OPENS),
    "api:ticket": Row("ticket", {"priority": "high"}, get=API_TICKET, patch=API_CHANGES),
    "api:changes": Row("ticket", get=API_TICKET),
    "api:clocks": Row("ticket", get=API_TICKET),
    "api:rules": Row(body=SAYS, get=API_LEADS, post=API_OPERATES),
    "api:order_rules": Row(body={"rules": ["?rule"]}, post=API_OPERATES),
    "api:rule": Row(
        "rule", {"name": "Other"}, get=API_LEADS, patch=API_LEADS, delete=API_LEADS_AWAY
    ),
    "api:switch_rule": Row("rule", {"on": True}, post=API_OPERATES),
    "api:rule_backtest": Row("rule", get=API_LEADS),
    "api:rule_runs": Row("rule", get=API_LEADS),
    "api:webhooks": Row(body=HOOK | {"name": "New"}, get=API_LEADS, post=API_OPERATES),
    "api:webhook": Row("webhook", HOOK, get=API_LEADS, patch=API_LEADS, delete=API_LEADS_AWAY),
    "api:switch_webhook": Row("webhook", {"on": False}, post=API_OPERATES),
    "api:webhook_secret": Row("webhook", post=API_OPERATES),
    "api:end_webhook_secret": Row("webhook", post=API_OPERATES),
    "api:test_webhook": Row("webhook", post=API_OPERATES),
    "api:retry_webhook": Row("webhook", post=API_OPERATES),
    "api:replay_webhook": Row("webhook", {"only": "?webhook_delivery"}, post=API_OPERATES),
    "api:webhook_deliveries": Row("webhook", get=API_LEADS),
    "api:webhook_delivery": Row("webhook_delivery", get=API_LEADS),
    "api:messages": Row("ticket", get=API_TICKET),
    "api:replies": Row("ticket", {"body": "b"}, post=API_WRITES),
    "api:notes": Row("ticket", {"body": "b"}, post=API_NOTES),
    "api:transitions": Row("ticket", {"status": "resolved"}, post=API_WRITES),
    "api:merge": Row("ticket", {"target": "?sibling"}, post=API_WRITES),
    "api:split": Row("ticket", {"messages": ["?message"]}, post=API_WRITES),
    "api:sides": Row("ticket", {"people": ["eve@example.net"], "body": "b"}, post=API_WRITES),
    "api:undo_move": Row("move", post=API_WRITES),
    "api:withdrawal": Row("scheduled", post=API_OWN),
    "api:views": Row(body=VIEW | {"filter": {}}, get=API_READS, post=API_KEEPS),
    "api:view": Row("saved_view", get=API_OF_TEAM),
    "api:customers": Row(get=API_READS, about_customers=True),
    "api:customer": Row("customer", get=API_READS, about_customers=True),
    "api:events": Row(get=API_READS),
    "api:survey_answers": Row(get=API_WATCHES),
    "api:survey_invitations": Row(get=API_WATCHES),
    "api:survey_figures": Row(get=API_WATCHES),
    "api:improvements": Row(get=API_WATCHES),
    "api:recoveries": Row(get=API_WATCHES),
    "api:recovery": Row("recovery_task", {"remedy": "r"}, get=API_WATCHES, patch=API_WATCHES),
    "api:recovery_call": Row("recovery_task", post=API_CALLS),
    "api:recovery_end": Row("recovery_task", post=API_ENDS),
    "api:inspections": Row(get=API_READS),
    "api:inspection": Row("inspection", get=API_OF_AGENT_AND_LEADS),
    "api:reviews": Row(get=API_WATCHES, post=API_REVIEWS),
    "api:review": Row("review", get=API_OF_REVIEWER),
    "api:review_marks": Row("review", post=API_MARKS),
    "api:deliveries": Row(get=API_WATCHES),
    "api:release": Row("strange_delivery", post=API_OPERATES),
    "api:refile": Row("delivery", {"ticket": "?ticket"}, post=API_OPERATES),
    "api:block": Row("strange_delivery", post=API_OPERATES),
    "api:articles": Row(body=NEW_ARTICLE, get=API_READS, post=API_OPENS_ARTICLE),
    "api:article": Row("article", get=API_READS),
    "api:article_search": Row(query="q=lamp", get=API_READS),
    "api:article_versions": Row("article", NEW_TEXT, post=API_OPENS_ARTICLE),
    "api:article_steps": Row("version", {"step": "submit"}, post=API_OPENS_ARTICLE),
    "api:outgoing": Row(get=API_WATCHES),
    "shop_api": Row(path={"call": "find-order"}, post=NO_LINK),
    "automation:clocks": Row("ticket", get=TICKET),
    "automation:rules": Row(get=SETS_UP),
    "automation:new_rule": Row(body=RULE | {"name": "New"}, get=SETS_UP, post=SETS_UP_DONE),
    "automation:order_rules": Row(body={"ids": "?rule"}, post=SETS_UP_DONE),
    "automation:rule_sentence": Row(body=RULE, post=SETS_UP),
    "automation:rule_account": Row(body={"name": "Rules"}, get=SETS_UP, post=SETS_UP_DONE),
    "automation:rule": Row("rule", RULE, get=SETS_UP, post=SETS_UP_DONE),
    "automation:rule_trial": Row("rule", get=SETS_UP),
    "automation:rule_runs": Row("rule", get=SETS_UP),
    "automation:switch_rule": Row("rule", {"on": "yes"}, post=SETS_UP_DONE),
    "automation:move_rule": Row("rule", {"way": "up"}, post=SETS_UP_DONE),
    "automation:delete_rule": Row("rule", post=SETS_UP_DONE),
    "automation:rules_of_ticket": Row("ticket", get=TICKET),
    "automation:run_rule": Row("ticket", {"version": "?rule_button"}, post=CHANGES),
    "automation:undo_rule": Row("ticket", {"run": "?rule_run"}, post=CHANGES),
    "automation:policies": Row(get=SETS_UP),
    "automation:new_policy": Row(body=POLICY | {"name": "New"}, get=SETS_UP, post=SETS_UP_DONE),
    "automation:policy": Row("policy", POLICY, get=SETS_UP, post=SETS_UP_DONE),
    "automation:policy_trial": Row("policy", get=SETS_UP),
    "automation:switch_policy": Row("policy", {"on": "yes"}, post=SETS_UP_DONE),
    "automation:move_policy": Row("policy", {"way": "up"}, post=SETS_UP_DONE),
    "automation:delete_policy": Row("policy", post=SETS_UP_DONE),
    "surveys:answer": Row(path={"token": "0" * 64}, get=NO_LINK, post=NO_LINK),
    "surveys:answer_chosen": Row(path={"token": "0" * 64, "score": "5"}, get=NO_LINK, post=NO_LINK),
    "surveys:surveys": Row(get=SETS_UP),
    "surveys:new_survey": Row(body=SURVEY | {"name": "New"}, get=SETS_UP, post=SETS_UP_DONE),
    "surveys:survey": Row("survey", SURVEY, get=SETS_UP, post=SETS_UP_DONE),
    "surveys:words": Row("survey", {"metric": "csat"}, get=SETS_UP, post=SETS_UP_DONE),
    "surveys:publish": Row("survey", post=SETS_UP_DONE),
    "surveys:switch": Row("survey", {"on": "no"}, post=SETS_UP_DONE),
    "surveys:policy": Row(body=SURVEY_POLICY, get=SETS_UP, post=SETS_UP_DONE),
    "surveys:causes": Row(get=SETS_UP),
    "surveys:new_cause": Row(body={"name": "Late", "harm": 2}, get=SETS_UP, post=SETS_UP_DONE),
    "surveys:cause": Row("cause", {"name": "Late", "harm": 2}, get=SETS_UP, post=SETS_UP_DONE),
    "surveys:figures": Row(get=LEADS),
    "surveys:tasks": Row(get=LEADS),
    "surveys:task": Row("recovery_task", {"remedy": "r"}, get=LEADS, post=LEADS_AWAY),
    "surveys:called": Row("recovery_task", post=LEADS_AWAY),
    "surveys:improvements": Row(get=LEADS),
    "surveys:improve": Row("cause", {"words_en": "Faster now"}, get=LEADS, post=LEADS_AWAY),
    "surveys:complaints": Row(get=LEADS),
    "surveys:complaint": Row("complaint", {"remedy": "r"}, get=CHANGES, post=CHANGES_AWAY),
    "surveys:acknowledge": Row("complaint", post=CHANGES_AWAY),
    "surveys:complaint_policy": Row(body={"hours": 8}, get=SETS_UP, post=SETS_UP_DONE),
    "surveys:complaint_panel": Row("ticket", get=TICKET),
    "surveys:make_complaint": Row("ticket", {"make": "yes"}, post=CHANGES),
    "surveys:panel": Row("ticket", get=TICKET),
    "surveys:ask": Row("ticket", {"survey": "?survey"}, post=CHANGES),
    "automation:webhooks": Row(get=SETS_UP),
    "automation:new_webhook": Row(body=HOOK | {"name": "New"}, get=SETS_UP, post=SETS_UP),
    "automation:webhook": Row("webhook", HOOK, get=SETS_UP, post=SETS_UP_DONE),
    "automation:renew_webhook_secret": Row("webhook", post=SETS_UP),
    "automation:end_webhook_secret": Row("webhook", post=SETS_UP_DONE),
    "automation:switch_webhook": Row("webhook", {"on": "yes"}, post=SETS_UP_DONE),
    "automation:try_webhook": Row("webhook", post=SETS_UP),
    "automation:retry_webhook": Row("webhook", post=SETS_UP_DONE),
    "automation:remove_webhook": Row("webhook", post=SETS_UP_DONE),
    "automation:webhook_deliveries": Row("webhook", get=SETS_UP),
    "automation:webhook_delivery": Row("webhook_delivery", get=SETS_UP),
    "automation:replay_webhook": Row("webhook", {"only": "?webhook_delivery"}, post=SETS_UP_DONE),
    "automation:replay_webhook_since": Row(
        "webhook", {"since": "2099-01-01T00:00"}, post=SETS_UP_DONE
    ),
    "bots:bots": Row(get=LEADS),
    "bots:add": Row(body={"brand": "?logo_brand", "name": "B"}, get=LEADS, post=LEADS_AWAY),
    "bots:bot": Row("bot", PERSONA, get=LEADS, post=LEADS_AWAY),
    "bots:limits": Row("bot", {"mail:*": "off"}, get=LEADS, post=LEADS_AWAY),
    "bots:pause": Row("bot", {"paused": "yes"}, post=LEADS_AWAY),
    "bots:flows": Row("bot", get=LEADS),
    "bots:new_flow": Row("bot", {"outline": OUTLINE + "_2"}, get=LEADS, post=LEADS_AWAY),
    "bots:check_flow": Row("bot", {"outline": OUTLINE}, post=LEADS),
    "bots:try_flow": Row("bot", {"outline": OUTLINE, "text": ""}, post=LEADS),
    "bots:flow": Row("flow", {"outline": OUTLINE}, get=LEADS, post=LEADS_AWAY),
    "bots:publish_flow": Row("flow", post=REPEATS),
    "bots:switch_flow": Row("flow", {"on": "yes"}, post=REPEATS),
    "bots:bring_back": Row("flow", {"number": "1"}, post=LEADS_AWAY),
    "bots:in_ticket": Row("ticket", get=TICKET),
    "bots:give_back": Row("ticket", post=NOT_WITH_BOT),
    "bots:ask_copilot": Row("ticket", {"kind": "summary"}, post=FOLLOWS),
    "bots:copilot_answer": Row("copilot_use", get=OWN_FILE),
    "bots:copilot_used": Row("copilot_use", post=OWN_FILE_GONE),
    "bots:hide_copilot": Row(body={"hidden": "yes"}, post=TOLD),
    "bots:copilot": Row(get=LEADS, post=LEADS_AWAY),
    "bots:tools": Row("bot", get=LEADS),
    "bots:new_tool": Row("bot", TOOL | {"name": "x1"}, get=LEADS, post=LEADS),
    "bots:tool": Row("tool", TOOL, get=LEADS, post=LEADS_AWAY),
    "bots:try_tool": Row("tool", {"proved": "no address"}, post=LEADS_BADLY),
    "bots:renew_tool_secret": Row("tool", post=LEADS),
    "bots:remove_tool": Row("tool", post=LEADS_AWAY),
    "bots:starters": Row("bot", get=LEADS, post=LEADS_AWAY),
    "bots:suites": Row("bot", get=LEADS),
    "bots:add_suite": Row("bot", SUITE | {"name": "N"}, get=LEADS, post=LEADS_AWAY),
    "bots:suite": Row("suite", SUITE, get=LEADS, post=LEADS_AWAY),
    "bots:remove_suite": Row("suite", post=LEADS_AWAY),
    "bots:import_cases": Row("suite", {"text": ""}, post=LEADS_BADLY),
    "bots:add_case": Row("suite", CASE, get=LEADS, post=LEADS_AWAY),
    "bots:case": Row("case", CASE, get=LEADS, post=LEADS_AWAY),
    "bots:remove_case": Row("case", post=LEADS_AWAY),
    "bots:keep_case": Row("sibling", CASE | {"suite": "?suite"}, get=LEADS, post=LEADS_AWAY),
    "bots:play_suite": Row("suite", {"candidate": "live"}, post=LEADS_AWAY),
    "bots:run": Row("run", get=LEADS),
    "bots:play_flow": Row("flow", post=LEADS_AWAY),
    "bots:play_version": Row("understanding", post=LEADS_AWAY),
    "bots:trials": Row("bot", {"share": "200"}, get=LEADS, post=LEADS_BADLY),
    "bots:stop_trial": Row("trial", post=REPEATS),
    "bots:make_trial_live": Row("trial", post=REPEATS),
    "bots:verifications": Row("bot", get=LEADS),
    "bots:verify_now": Row("bot", post=LEADS_AWAY),
    "bots:verification": Row("verification", get=LEADS),
    "bots:settle_alarm": Row("release_alarm", post=LEADS_AWAY),
    "bots:judge_sampled": Row("checked", {"right": "yes"}, post=LEADS_AWAY),
    "bots:flag_answer": Row("turn", post=FLAGS),
    "bots:intents": Row(get=LEADS),
    "bots:try_sentence": Row(body={"sentence": ""}, post=LEADS_BADLY),
    "bots:train": Row(post=LEADS_AWAY),
    "bots:new_intent": Row(body={"slug": "x1", "name_en": "N"}, get=LEADS, post=LEADS_AWAY),
    "bots:intent": Row("intent", {"name_en": "N"}, get=LEADS, post=LEADS_AWAY),
    "bots:teach": Row("intent", {"lines": "where is it"}, post=LEADS_AWAY),
    "bots:remove_intent": Row("intent", post=LEADS_AWAY),
    "bots:example": Row("intent_example", {"do": "remove"}, post=LEADS_AWAY),
    "bots:kinds": Row(get=LEADS),
    "bots:new_kind": Row(body=KIND | {"slug": "x1"}, get=LEADS, post=LEADS_AWAY),
    "bots:kind": Row("entity_type", KIND, get=LEADS, post=LEADS_AWAY),
    "bots:remove_kind": Row("entity_type", post=LEADS_AWAY),
    "bots:versions": Row(get=LEADS),
    "bots:version": Row("understanding", get=LEADS),
    "bots:use_version": Row("understanding", post=LEADS_AWAY),
    "knowledge:list": Row(get=PAGE),
    "knowledge:new": Row(body=ARTICLE | ABOUT, get=OPENS, post=WRITES_ABOUT),
    "knowledge:preview": Row(body=ARTICLE, post=OPENS),
    "knowledge:import": Row(body=ABOUT | {"file": "?file"}, get=OPENS, post=UNDOES),
    "knowledge:export": Row(get=OPENS),
    "knowledge:use": Row(body={"percent": "10"}, get=LEADS, post=LEADS_AWAY),
    "knowledge:add_file": Row("article", {"file": "?file", "language": "en"}, post=WRITES_ABOUT),
    "knowledge:file": Row("article_file", get=PAGE),
    "knowledge:remove_file": Row("article_file", {"language": "en"}, post=WRITES_ABOUT),
    "knowledge:help_file": Row("open_file", path=HELP, get=PUBLIC),
    "knowledge:gate": Row(body={"gate": "warn"}, post=LEADS_AWAY),
    "knowledge:add_test": Row("article", {"language": "en", "text": "q?"}, post=WRITES_ABOUT),
    "knowledge:remove_test": Row("test_question", post=WRITES_ABOUT),
    "gaps:list": Row(get=OPENS),
    "gaps:learn": Row(post=WRITES_ABOUT),
    "gaps:gap": Row("gap", ARTICLE | ABOUT, get=OPENS, post=WRITES_ABOUT),
    "gaps:dismiss": Row("gap", post=WRITES_ABOUT),
    "knowledge:suggest": Row(body={"ticket": "?ticket", "words": "lamp"}, post=PAGE),
    "knowledge:used": Row(
        body={"kind": "clicked", "article": "?article", "ticket": "?ticket"}, post=TOLD
    ),
    "knowledge:categories": Row(get=LEADS),
    "knowledge:new_category": Row(body={"name_en": "N"}, get=LEADS, post=LEADS_AWAY),
    "knowledge:category": Row("shelf", {"name_en": "N"}, get=LEADS, post=LEADS_AWAY),
    "knowledge:move_category": Row("shelf", {"by": "1"}, post=LEADS_AWAY),
    "knowledge:remove_category": Row("empty_shelf", post=LEADS_AWAY),
    "knowledge:article": Row("article", get=PAGE),
    "knowledge:about": Row("article", ABOUT, post=WRITES_ABOUT),
    "knowledge:text": Row("article", ARTICLE, path={"language": "en"}, post=WRITES_ABOUT),
    "knowledge:version": Row("version", get=PAGE),
    "knowledge:step": Row("version", {"step": "submit"}, post=WRITES_ABOUT),
    "knowledge:help": Row(path=HELP, query="q=lamp", get=PUBLIC),
    "knowledge:help_find": Row(body={"q": "lamp"}, path=HELP, post=PUBLIC),
    "knowledge:help_category": Row("shelf", path=HELP, get=PUBLIC),
    "knowledge:help_article": Row("open_article", path=HELP, get=PUBLIC),
    "knowledge:help_rate": Row("open_article", {"helpful": "yes"}, path=HELP, post=SENT_ON),
    "tickets:start": Row(get=SENT_ON, takes_all=True),
    "tickets:list": Row(get=PAGE, query="view=all"),
    "tickets:rows": Row(get=PAGE, query="view=all"),
    "tickets:choices": Row(get=PAGE),
    "tickets:bulk": Row(body=MANY, post=OPENS),
    "tickets:bulk_undo": Row(body={"token": "x"}, post=UNDOES),
    "tickets:next": Row(post=LED_ON),
    "tickets:view_create": Row(body=VIEW, post=KEEPS_VIEW),
    "tickets:view_counts": Row(get=PAGE),
    "tickets:view_editor": Row(get=PAGE, query="view=mine"),
    "tickets:view_preview": Row(body=VIEW, post=PAGE),
    "tickets:view_people": Row(get=PAGE, query="q=carol", about_customers=True),
    "tickets:view_restore": Row(body={"token": "x"}, post=BRINGS_BACK),
    "tickets:view_change": Row("saved_view", VIEW, post=TEAMS_OWN),
    "tickets:view_move": Row("saved_view", {"by": "1"}, post=TEAMS_OWN),
    "tickets:view_delete": Row("saved_view", post=TEAMS_OWN),
    "tickets:new": Row(body=NEW_FORM, get=OPENS, post=OPENS_DONE, takes_all=True),
    "tickets:ticket": Row("ticket", get=TICKET),
    "tickets:changes": Row("ticket", get=TICKET),
    "tickets:reply": Row("ticket", {"body": "b"}, post=ANSWERS),
    "tickets:note": Row("ticket", {"body": "b"}, post=NOTES),
    "tickets:drafts": Row("ticket", {"kind": "note", "body": "b"}, get=TICKET, post=TICKET),
    "tickets:take_draft": Row("shared_draft", post=CHANGES),
    "tickets:here": Row("ticket", get=TICKET),
    "tickets:preview": Row("ticket", {"body": "b"}, post=TICKET),
    "tickets:mentionable": Row(get=PAGE),
    "tickets:emoji": Row(get=PAGE),
    "tickets:later": Row(get=PAGE),
    "tickets:offered_macros": Row("ticket", get=TICKET),
    "tickets:apply_macro": Row("ticket", {"macro": "?macro"}, post=CHANGES),
    "tickets:undo_macro": Row("ticket", {"event": "?macro_event"}, post=OWN),
    "tickets:send_now": Row("scheduled", post=CHANGES),
    "tickets:forward": Row("message", {"to": "third@example.net"}, get=CHANGES, post=ANSWERS),
    "tickets:attachment_text": Row("draft_file", get=OWN_FILE),
    "tickets:macros": Row(get=PAGE),
    "tickets:new_macro": Row(body=MACRO | {"whose": "all"}, get=PAGE, post=SHARES, takes_all=True),
    "tickets:macro": Row(
        "macro", MACRO | {"whose": "all"}, get=KEEPS, post=KEEPS_ON, takes_all=True
    ),
    "tickets:remove_macro": Row("macro", post=KEEPS_ON),
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
    "tickets:history_of_customer": Row("customer", get=PAGE),
    "tickets:search": Row(get=PAGE, query="q=lamp"),
    "tickets:palette": Row(get=PAGE),
    "tickets:palette_find": Row(get=PAGE, query="q=lamp"),
    "tickets:me": Row(get=PAGE),
    "customers:list": Row(get=PAGE, about_customers=True),
    "customers:export": Row(body={"format": "csv"}, post=LEADS_DATA),
    "customers:imports": Row(get=LEADS, post=LEADS_BADLY),
    "customers:import": Row(
        "import_run", {"column_0": "email"}, get=LEADS, post=LEADS_AWAY, about_customers=True
    ),
    "customers:import_progress": Row("import_run", get=LEADS),
    "customers:import_start": Row("import_run", post=LEADS_AWAY),
    "customers:import_stop": Row("running_import", post=LEADS_AWAY),
    "customers:import_errors": Row("import_run", get=LEADS),
    "customers:customer": Row("customer", get=PAGE, about_customers=True),
    "customers:consent": Row("customer", CONSENT, post=WRITES_ABOUT),
    "customers:notes": Row("customer", {"notes": "n"}, post=WRITES_ABOUT),
    "customers:tier": Row("customer", {"tier": "?tier", "reason": "r"}, post=WRITES_ABOUT),
    "accounts:presence": Row(body={"state": "away"}, get=PAGE, post=PAGE),
    "accounts:absence": Row(body={"since": "2026-03-02T09:00"}, get=PAGE, post=SENT_ON),
    "accounts:back": Row(post=SENT_ON),
    # Setting up: people, roles, working hours
    "accounts:first": Row(path={"token": "x"}, get=OVER, post=OVER, takes_all=True),
    "accounts:invitation": Row(path={"token": "x"}, get=OVER, post=OVER, takes_all=True),
    "accounts:people": Row(get=SETS_UP),
    "accounts:invite": Row(
        body={"email": "n@demo.test", "name": "N", "role": "?role"},
        get=SETS_UP,
        post=SETS_UP_DONE,
        takes_all=True,
    ),
    "accounts:person": Row(
        "light", {"name": "N", "role": "?role"}, get=SETS_UP, post=SETS_UP_DONE, takes_all=True
    ),
    "accounts:invite_again": Row("invited", post=SETS_UP_DONE),
    "accounts:show_link": Row("invited", post=SETS_UP),
    "accounts:reactivate": Row("light", post=SETS_UP_DONE),
    "accounts:view_as": Row("light", get=SETS_UP),
    "accounts:begin_viewing": Row("light", post=SETS_UP_DONE),
    "accounts:end_viewing": Row(post=SENT_ON),
    "automation:routing": Row(get=LEADS),
    "automation:routing_team": Row("billing", ROUTES_TEAM, get=LEADS, post=LEADS_AWAY),
    "automation:skills": Row(body={"name": "Trade"}, get=LEADS, post=LEADS_AWAY),
    "automation:add_skill_rule": Row(body=NEEDS, post=LEADS_AWAY),
    "automation:remove_skill_rule": Row("skill_rule", post=LEADS_AWAY),
    "automation:remove_skill": Row("skill", post=LEADS_AWAY),
    "automation:abilities": Row(get=LEADS),
    "automation:ability": Row("light", {"units": 9, "chats": 2}, get=LEADS, post=LEADS_AWAY),
    "automation:fairness": Row(get=LEADS),
    "automation:why": Row("ticket", get=TICKET),
    # Quality: everybody their own, those who lead their teams' too
    "quality:home": Row(get=PAGE),
    "quality:inspections": Row(get=PAGE),
    "quality:inspection": Row("inspection", get=OF_AGENT_AND_LEADS),
    "quality:dispute": Row(
        "inspection", {"criterion": "rude_tone", "reason": "No."}, post=DISPUTES
    ),
    "quality:in_ticket": Row("ticket", get=TICKET),
    "quality:reviews": Row(get=LEADS_DATA, post=LEADS_AWAY),
    "quality:sample": Row(post=LEADS_AWAY),
    "quality:review": Row("review", get=OF_SUPERVISOR, post=OF_SUPERVISOR_BADLY),
    "quality:disputes": Row(get=PAGE),
    "quality:decide": Row("dispute", {"do": "reject"}, post=LEADS_AWAY),
    "quality:coaching": Row(get=PAGE),
    "quality:new_coaching": Row(
        "coached", {"criterion": "rude_tone", "words": "Be kind."}, get=LEADS_DATA, post=LEADS_AWAY
    ),
    "quality:coached": Row("coaching", post=OF_AGENT_AND_LEADS_AWAY),
    "quality:practices": Row(body={"scenario": "late-parcel"}, get=PAGE, post=SENT_ON),
    "quality:practice": Row("practice", {"words": "Hello"}, get=OF_AGENT, post=OF_AGENT_AWAY),
    "quality:call_backs": Row(get=LEADS_DATA),
    "quality:settle": Row("call_back", {"how": "done"}, post=LEADS_AWAY),
    "quality:rubric": Row(body=RUBRIC, get=SETS_UP, post=SETS_UP_DONE),
    "quality:publish": Row(post=SETS_UP_DONE),
    "automation:triage": Row(body=TRIAGES, get=LEADS, post=LEADS_AWAY),
    "automation:learn_triage": Row(post=LEADS_AWAY),
    "automation:use_triage": Row("triage_model", post=LEADS_AWAY),
    "automation:guesses": Row("ticket", get=TICKET),
    "automation:decide_guess": Row("guess", {"do": "refuse"}, post=FLAGS),
    "accounts:teams": Row(get=SETS_UP),
    "accounts:add_team": Row(body={"name": "N"}, get=SETS_UP, post=SETS_UP_DONE, takes_all=True),
    "accounts:team": Row("billing", {"name": "N"}, get=SETS_UP, post=SETS_UP_DONE, takes_all=True),
    "tickets:delete_team": Row(
        "billing", {"to": "?support"}, get=SETS_UP, post=SETS_UP_DONE, takes_all=True
    ),
    "tickets:deactivate": Row("light", {"to": ""}, get=SETS_UP, post=SETS_UP_DONE, takes_all=True),
    "accounts:roles": Row(get=SETS_UP),
    "accounts:add_role": Row(body={"name": "N"}, get=SETS_UP, post=SETS_UP_DONE, takes_all=True),
    "accounts:role": Row("role", {"name": "N"}, get=SETS_UP, post=SETS_UP_DONE, takes_all=True),
    "accounts:delete_role": Row("role", post=SETS_UP_DONE),
    "accounts:access": Row(
        "inbox",
        {"holder": "role:?"},
        path={"kind": "inbox"},
        get=SETS_UP,
        post=SETS_UP_WRONG,
        takes_all=True,
    ),
    "accounts:revoke_access": Row(
        "inbox", {"holder": "?holder"}, path={"kind": "inbox"}, post=SETS_UP_DONE
    ),
    "accounts:calendars": Row(get=SETS_UP),
    "accounts:add_calendar": Row(
        body={"name": "N", "timezone": "UTC"}, get=SETS_UP, post=SETS_UP_DONE, takes_all=True
    ),
    "accounts:calendar": Row(
        "calendar",
        {"name": "N", "timezone": "UTC"},
        get=SETS_UP,
        post=SETS_UP_DONE,
        takes_all=True,
    ),
    "accounts:delete_calendar": Row("calendar", post=SETS_UP_DONE),
    "accounts:add_holiday": Row("calendar", {"date": "2099-01-01", "name": "N"}, post=SETS_UP_DONE),
    "accounts:import_holidays": Row("calendar", {"country": "DE", "year": 2030}, post=SETS_UP_DONE),
    "accounts:remove_holiday": Row("holiday", post=SETS_UP_DONE),
    "accounts:workspace": Row(
        body={"name": "N", "language": "en", "timezone": "UTC"},
        get=SETS_UP,
        post=SETS_UP_DONE,
        takes_all=True,
    ),
    # … tickets and customers
    "customers:tiers": Row(get=SETS_UP),
    "customers:add_tier": Row(body=TIER, get=SETS_UP, post=SETS_UP_DONE, takes_all=True),
    "customers:tier_settings": Row("tier", TIER, get=SETS_UP, post=SETS_UP_DONE, takes_all=True),
    "customers:delete_tier": Row("unused_tier", post=SETS_UP_DONE),
    "customers:add_tier_rule": Row("tier", {"tickets": 3}, post=SETS_UP_DONE),
    "customers:remove_tier_rule": Row("tier_rule", post=SETS_UP_DONE),
    "customers:fields": Row(get=SETS_UP),
    "customers:add_field": Row(
        body={"owner": "ticket", "kind": "text", "name": "N"},
        get=SETS_UP,
        post=SETS_UP_DONE,
        takes_all=True,
    ),
    "customers:field": Row("field", {"name": "N"}, get=SETS_UP, post=SETS_UP_DONE, takes_all=True),
    "customers:move_field": Row("field", {"way": "up"}, post=SETS_UP_DONE),
    "customers:values": Row("customer", get=PAGE, about_customers=True, takes_all=True),
    "tickets:custom_fields": Row("ticket", get=TICKET, post=CHANGES),
    "tickets:statuses": Row(get=SETS_UP),
    "tickets:add_status": Row(
        body={"category": "open", "name": "N", "customer_name": "N"},
        get=SETS_UP,
        post=SETS_UP_DONE,
        takes_all=True,
    ),
    "tickets:status_settings": Row(
        "status",
        {"name": "N", "customer_name": "N"},
        get=SETS_UP,
        post=SETS_UP_DONE,
        takes_all=True,
    ),
    "tickets:delete_status": Row("status", post=SETS_UP_DONE),
    "tickets:types": Row(get=SETS_UP),
    "tickets:add_type": Row(body={"name": "N"}, get=SETS_UP, post=SETS_UP_DONE, takes_all=True),
    "tickets:type": Row("type", {"name": "N"}, get=SETS_UP, post=SETS_UP_DONE, takes_all=True),
    "tickets:move_type": Row("type", {"way": "up"}, post=SETS_UP_DONE),
    "tickets:tags_admin": Row(get=SETS_UP, takes_all=True),
    # … all of it for the first time
    "tickets:set_up": Row(get=SETS_UP_DONE),
    "tickets:set_up_leave": Row(post=SETS_UP_DONE),
    "tickets:set_up_end": Row(get=SETS_UP),
    "tickets:set_up_step": Row(
        path={"step": "tiers"}, get=SETS_UP, post=SETS_UP_DONE, takes_all=True
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
    "tickets:service_worker": Row(get=PUBLIC),
    "tickets:news": Row(get=PAGE),
    "tickets:news_count": Row(get=PAGE, query="newest=1"),
    "tickets:news_read": Row(post=SENT_ON),
    "tickets:push": Row(body={"endpoint": "https://fcm.googleapis.com/fcm/send/x"}, post=TOLD),
    "tickets:push_remove": Row(body={"endpoint": "x"}, post=TOLD),
    "tickets:recurring": Row(get=WORKS),
    "tickets:end_recurrence": Row("recurrence", post=ENDS),
    "tickets:dialogs": Row(get=PAGE),
    "tickets:candidates": Row("ticket", query="q=lamp", get=TICKET),
    "tickets:merge": Row("ticket", {"target": "?sibling"}, post=CHANGES),
    "tickets:split": Row("ticket", {"messages": ["?message"]}, post=CHANGES),
    "tickets:undo_move": Row("move", post=CHANGES),
    "tickets:sides": Row("ticket", get=TICKET),
    "tickets:side_start": Row("ticket", {"people": "eve@example.net", "body": "b"}, post=ANSWERS),
    "tickets:side_ask": Row("side", {"body": "b"}, post=ANSWERS),
    "tickets:side_state": Row("side", {"value": "close"}, post=CHANGES),
    "tickets:work": Row("ticket", get=TICKET),
    "tickets:follow": Row("ticket", {"value": "yes"}, post=FOLLOWS),
    "tickets:add_item": Row("ticket", {"text": "t"}, post=ANSWERS),
    "tickets:order_items": Row("ticket", {"item": ["?item"]}, post=CHANGES),
    "tickets:tick_item": Row("item", {"value": "yes"}, post=CHANGES),
    "tickets:rename_item": Row("item", {"text": "t"}, post=CHANGES),
    "tickets:remove_item": Row("item", post=CHANGES),
    "tickets:link": Row("ticket", {"other": "?sibling", "way": "related"}, post=ANSWERS),
    "tickets:unlink": Row("link", {"here": "?ticket"}, post=CHANGES),
    "tickets:resolve_incidents": Row("ticket", post=CHANGES),
    "tickets:repeat": Row("ticket", REPEAT, get=CHANGES, post=REPEATED, takes_all=True),
    "connectors:blocked": Row(get=LEADS),
    "connectors:block": Row(body={"value": "spam@example.net"}, post=LEADS_AWAY),
    "connectors:unblock": Row("sender_block", post=LEADS_AWAY),
    "connectors:suppressed": Row(get=OPERATES),
    "connectors:lift": Row("suppression", post=REPEATS),
    "connectors:inboxes": Row(get=OPERATES),
    "connectors:inbox": Row(
        "inbox",
        DOOR,
        get=SETS_UP,
        post=SETS_UP_DONE,
        takes_all=True,
    ),
    "connectors:add_inbox": Row(
        body=DOOR | {"address": "more@demo.test"},
        get=SETS_UP,
        post=SETS_UP_DONE,
        takes_all=True,
    ),
    "connectors:try_inbox": Row("inbox", post=REPEATS),
    "connectors:test_inbox": Row("inbox", post=REPEATS),
    "connectors:resume": Row("inbox", post=REPEATS),
    "connectors:brand": Row(
        "brand", {"name": "B", "signature": "s"}, get=SETS_UP, post=SETS_UP_DONE, takes_all=True
    ),
    "connectors:add_brand": Row(
        body={"name": "More", "accent": "#2c5f4a"}, get=SETS_UP, post=SETS_UP_DONE, takes_all=True
    ),
    "connectors:logo": Row("logo_brand", get=SETS_UP),
    "connectors:dkim": Row("brand", {"domain": "demo.test", "selector": "a"}, post=REPEATS),
    "connectors:mailbox": Row(
        "inbox", {"user": "u", "port": "993"}, get=SETS_UP, post=SETS_UP_DONE, takes_all=True
    ),
    "connectors:mailbox_sending": Row("inbox", {"smtp_host": ""}, post=SETS_UP_DONE),
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
    # The visitors' side of chat: who may see which chat is in tests/livechat
    "livechat:script": Row(path=WIDGET, get=PUBLIC),
    "livechat:shop": Row(get=NO_LINK),
    "livechat:config": Row(path=WIDGET, get=PUBLIC),
    "livechat:visitors": Row(path=WIDGET, post=NO_JSON),
    "livechat:me": Row(path=WIDGET, get=TOKEN),
    "livechat:chats": Row(path=WIDGET, post=TOKEN),
    "livechat:changes": Row("chat", path=WIDGET, get=TOKEN),
    "livechat:messages": Row("chat", path=WIDGET, post=TOKEN),
    "livechat:seen": Row("chat", path=WIDGET, post=TOKEN),
    "livechat:person": Row("chat", path=WIDGET, post=TOKEN),
    "livechat:end": Row("chat", path=WIDGET, post=TOKEN),
    "livechat:rating": Row("chat", path=WIDGET, post=TOKEN),
    "livechat:transcript": Row("chat", path=WIDGET, post=TOKEN),
    "livechat:files": Row(path=WIDGET, post=TOKEN),
    "livechat:file": Row("chat", path=WIDGET, get=NO_LINK),
    "livechat:verify": Row(path=WIDGET, post=TOKEN),
    "livechat:confirm": Row(path=WIDGET, post=TOKEN),
    "livechat:socket": Row(path=WIDGET, post=TOKEN),
    "livechat:shown": Row(path=WIDGET, post=TOKEN),
    # The agents' side
    "chats:panel": Row(get=PAGE),
    "chats:in_ticket": Row("chat_ticket", get=TICKET),
    "chats:takers": Row("chat", query="teams", get=CHANGES),
    "chats:accept": Row("chat", post=CHATS),
    "chats:decline": Row("chat", post=CHATS_NOT),
    "chats:transfer": Row("chat", {"to": "?billing"}, post=CHATS_WRONG),
    "chats:invite": Row("chat", {"user": "?other_inbox"}, post=CHATS_WRONG),
    "chats:leave": Row("chat", post=CHATS),
    "chats:end": Row("chat", {"disposition": "solved"}, post=CHATS),
    "chats:ban": Row("chat", {"days": 1, "reason": "abuse"}, post=CHATS),
    "chats:inbox_add": Row(
        body={"name": "Shop", "brand": "?brand"}, get=SETS_UP, post=SETS_UP_DONE
    ),
    "chats:inbox": Row("chat_inbox", CHAT_DOOR, get=SETS_UP, post=SETS_UP_DONE),
    "chats:inbox_secret": Row("chat_inbox", post=SETS_UP),
    "chats:inbox_preview": Row("chat_inbox", get=SETS_UP),
    "chats:inbox_first_add": Row("chat_inbox", FIRST_SAID, get=SETS_UP, post=SETS_UP_DONE),
    "chats:inbox_first": Row("chat_inbox", FIRST_SAID, path=FIRST, get=SETS_UP, post=SETS_UP_DONE),
    "chats:inbox_first_remove": Row("chat_inbox", path=FIRST, post=SETS_UP_DONE),
}

# The portal, where everybody is a customer or nobody: signed out, Dora, Carol, and alice, whose
# being an agent counts for nothing there. "request" and "file" are Carol's.
PORTAL = {
    "portal": "302 302 302 302",
    "portal_home": "200 200 200 200",
    "portal_css": "200 200 200 200",
    "portal_logo": "404 404 404 404",
    "portal_new": "200 200 200 200",
    "portal_answers POST": "200 200 200 200",
    "portal_helped": "200 200 200 200",
    "portal_filed": "302 302 302 302",
    "portal_sign_in": "200 200 200 200",
    "portal_code": "302 302 302 302",
    "portal_link": "200 200 200 200",
    "portal_passkey POST": "400 400 400 400",
    "portal_passkey_begin POST": "200 200 200 200",
    "portal_passkey_add POST": "302 400 400 302",
    "portal_passkey_add_begin POST": "302 200 200 302",
    "portal_passkey_remove POST": "302 404 404 302",
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
    # Only their own news; a change of a ticket is told to nobody by that name.
    ("workspace-socket", "watch", "me"): "no no no no no no no",
    # Chats are told in rooms of their own: tests/livechat/test_agents.py.
    ("workspace-socket", "watch", "chats"): "no no no no no no no",
    ("workspace-socket", "here", "ticket"): "no no no yes yes yes yes",
}

# Keys that programs may write: plain values, and references to things that may be another's.
PLAIN_KEYS = {
    "NewTicket.subject", "NewTicket.body", "NewTicket.customer",
    "NewCustomer.name", "NewCustomer.email",
    "NewReply.body", "NewReply.seen_seq", "NewReply.cc", "NewReply.to", "NewReply.bcc",
    "NewReply.status", "NewReply.not_before",
    "NewNote.body", "NewTransition.status", "NewSplit.subject", "NewSide.people",
    "NewSide.subject", "NewSide.body", "NewSide.waits",
    "TicketChange.priority", "TicketChange.tags",
    "NewView.name", "NewView.sort", "NewView.columns",
    # Categories are everybody's who works here.
    "NewArticle.category", "NewArticle.language", "NewArticle.title", "NewArticle.body",
    "NewArticle.audience", "NewVersion.language", "NewVersion.title", "NewVersion.body",
    "NewVersion.before", "NewStep.step",
    # Rules and webhooks are for admins, whose rules may name any team.
    "NewRule.name", "NewRule.trigger", "NewRule.conditions", "NewRule.steps", "NewRule.stops",
    "RuleChange.name", "RuleChange.trigger", "RuleChange.conditions", "RuleChange.steps",
    "RuleTrigger.kind", "RuleTrigger.events", "RuleTrigger.since", "RuleTrigger.minutes",
    "RuleTrigger.working", "RuleTrigger.days", "RuleTrigger.at", "RuleTrigger.zone",
    "RuleChange.stops", "RuleSwitch.on", "RuleOrder.rules",
    "NewWebhook.name", "NewWebhook.url", "NewWebhook.events", "WebhookChange.name",
    "WebhookChange.url", "WebhookChange.events", "WebhookSwitch.on", "NewReplay.since",
    # Causes are everybody's who works low scores.
    "RecoveryChange.cause", "RecoveryChange.remedy", "RecoveryEnd.told", "RecoveryEnd.asks_again",
    "ReviewMarks.marks", "ReviewMarks.comment",
}  # fmt: skip
# Key → route, a body naming another's thing, what an agent is answered.
REFERENCES: dict[str, tuple[str, dict[str, Any], int]] = {
    "NewTicket.inbox": ("api:tickets", NEW | {"inbox": "?other_inbox"}, 400),
    "NewView.filter": (
        "api:views",
        {
            "name": "n",
            "filter": {"all": [{"field": "inbox", "is": "any", "value": ["?other_inbox"]}]},
        },
        400,
    ),
    "NewView.scope": ("api:views", {"name": "n", "filter": {}, "scope": "?billing"}, 400),
    "NewReply.client_id": ("api:replies", {"body": "b", "client_id": "?other_client_id"}, 400),
    "NewReply.attachments": ("api:replies", {"body": "b", "attachments": ["?other_file"]}, 400),
    "NewReply.mentions": ("api:replies", {"body": "b", "mentions": ["?other_inbox"]}, 400),
    "NewNote.mentions": ("api:notes", {"body": "b", "mentions": ["?other_inbox"]}, 400),
    "NewNote.client_id": ("api:notes", {"body": "b", "client_id": "?other_client_id"}, 400),
    "NewNote.attachments": ("api:notes", {"body": "b", "attachments": ["?other_file"]}, 400),
    "NewMerge.target": ("api:merge", {"target": "?other_inbox"}, 400),
    "NewSplit.messages": ("api:split", {"messages": ["?other_file"]}, 409),
    # Its admin sees all tickets; what is no ticket is refused.
    "NewRefiling.ticket": ("api:refile", {"ticket": "?other_inbox"}, 403),
    "TicketChange.assignee": ("api:ticket", {"assignee": "?light"}, 409),
    "NewWebhook.teams": ("api:webhooks", HOOK | {"teams": ["?billing"]}, 403),
    "WebhookChange.teams": ("api:webhook", {"teams": ["?billing"]}, 403),
    "NewReplay.only": ("api:replay_webhook", {"only": "?ticket"}, 403),
    # Handing over to any team is what teams are for; what is no team is refused.
    "TicketChange.team": ("api:ticket", {"team": "?other_inbox"}, 400),
    # Whoever leads a team hands its low scores to one of it: tests/surveys/test_api.py.
    "RecoveryChange.owner": ("api:recovery", {"owner": "?light"}, 403),
}
NEVER_WRITABLE = {
    "id", "pk", "seq", "number", "created_at", "is_staff", "is_superuser", "owner", "author",
    "actor", "user", "role", "permissions", "brand", "credentials", "customer_id", "external_id",
    "delivery", "state", "kind", "direction", "withdrawn_at", "_state", "__class__",
}  # fmt: skip
WRITABLE_HERE = {("api:recovery", "owner")}

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
