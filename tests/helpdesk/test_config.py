"""The configuration as files: what is exported comes back, and nothing else happens."""

from io import StringIO

import pytest
from django.contrib.auth.models import Group
from django.core.management import CommandError, call_command

from accounts.models import Calendar, Team
from connectors.models import Brand, Inbox
from core import audit
from core.models import Event
from customers.models import CustomField, Tier
from helpdesk.config.errors import ConfigRefused
from helpdesk.config.plan import apply, export, plan
from helpdesk.config.sections import SECTIONS
from tickets.models import Macro, SavedView, Status, TicketType

pytestmark = pytest.mark.django_db
SECRET = "s3cr3t-canary"


@pytest.fixture
def house(inbox, billing_inbox, support, alice, carol):
    """A house with something in every section, and secrets beside them."""
    inbox.credentials = {"password": SECRET}
    inbox.calendar = hours = Calendar.objects.create(
        name="Office", timezone="Asia/Shanghai", hours={"mon": [["09:00", "18:30"]]}
    )
    inbox.save()
    hours.holidays.create(date="2026-10-01", name="国庆节")
    inbox.brand.dkim_key = SECRET
    inbox.brand.save()
    field = CustomField.objects.create(owner="ticket", code="order", name="Order", kind="text")
    kind = TicketType.objects.create(code="return", name="Return")
    kind.fields.add(field)
    watchers = Group.objects.create(name="watchers")
    watchers.permissions.set(Group.objects.get(name="light agent").permissions.all())
    Macro.objects.create(
        name="Hand over",
        body="Dear {{customer.name}},\n\nmy colleagues know more.\n",
        actions=[{"do": "set_team", "value": str(billing_inbox.team_id)}],
    )
    Macro.objects.create(name="Mine", owner=alice, body=SECRET)
    SavedView.objects.create(name="Returns", filter={"all": [["inbox", "is", [str(inbox.pk)]]]})
    SavedView.objects.create(name="About Carol", filter={"customer": str(carol.pk)})


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "config"


def run(verb, folder, *options):
    """What it says, and its exit code."""
    out = StringIO()
    try:
        call_command("config", verb, str(folder), *options, stdout=out, stderr=out)
    except SystemExit as end:
        return out.getvalue(), end.code
    return out.getvalue(), 0


def edit(folder, section, before, after):
    path = folder / f"{section}.yaml"
    assert before in path.read_text()
    path.write_text(path.read_text().replace(before, after))


def test_what_was_exported_changes_nothing(house, folder):
    run("export", folder)
    assert run("plan", folder) == ("Nothing to change.\n", 0)


def test_no_secret_and_nobodys_own_things_are_exported(house, folder):
    said, _ = run("export", folder)
    texts = "".join(path.read_text() for path in folder.iterdir())
    assert SECRET not in texts and "Mine" not in texts
    assert "About Carol" not in texts and "saved_views/About Carol names a customer" in said
    assert "@teams:Billing" in texts and "国庆节" in texts and '"18:30"' not in texts
    assert "  |\n" in texts or ": |\n" in texts  # long texts are read line by line


def test_a_plan_says_what_differs_and_does_nothing(house, folder):
    run("export", folder)
    edit(folder, "tiers", "name: VIP", "name: Very important")
    before = Event.objects.count()
    said, code = run("plan", folder)
    assert code == 2
    assert "~ tiers/vip\n    name: VIP → Very important\n" in said
    assert Tier.objects.get(code="vip").name == "VIP"
    assert Event.objects.count() == before


def test_what_is_planned_is_applied_once_and_recorded(house, folder):
    run("export", folder)
    edit(folder, "tiers", "name: VIP", "name: Very important")
    said, code = run("apply", folder)
    assert code == 0 and "1 changes made." in said
    assert Tier.objects.get(code="vip").name == "Very important"
    [event] = Event.objects.filter(name="tier.changed")
    assert (event.via, event.details["fields"]) == ("cli", ["name"])
    assert run("apply", folder) == ("Nothing to change.\n", 0)


def test_an_empty_house_becomes_like_the_one_that_was_exported(house, folder):
    run("export", folder)
    exported = export().sections
    Macro.objects.all().delete()
    SavedView.objects.all().delete()
    TicketType.objects.all().delete()
    CustomField.objects.all().delete()
    Group.objects.get(name="watchers").delete()
    Inbox.objects.all().delete()
    Brand.objects.all().delete()
    Team.objects.all().delete()
    Calendar.objects.all().delete()
    run("apply", folder)
    assert export().sections == exported
    inbox = Inbox.objects.get(address="support@demo.test")
    macro = Macro.objects.get(name="Hand over")
    assert macro.actions[0]["value"] == str(Team.objects.get(name="Billing").pk)
    assert SavedView.objects.get().filter == {"all": [["inbox", "is", [str(inbox.pk)]]]}


def test_another_usual_tier_takes_the_place_of_the_one_before(house):
    apply({"tiers": {"vip": {"is_default": True}, "new": {"is_default": False}}})
    assert Tier.objects.get(is_default=True).code == "vip"
    with pytest.raises(ConfigRefused, match="one_default_tier"):
        apply({"tiers": {"standard": {"is_default": True}}})


@pytest.mark.parametrize(
    ("section", "text", "said"),
    [
        ("tiers", "vip:\n  nane: x\n", "tiers/vip: unknown: nane; known: name"),
        ("tiers", "vip:\n  priority: high\n", "tiers/vip: priority: must be a number, not 'high'"),
        ("tiers", "vip:\n  team: Nobody\n", "tiers/vip: team: there is no teams 'Nobody'"),
        ("tiers", "vip:\n  name: a\n  name: b\n", "tiers.yaml: 'name' stands there twice"),
        ("statuses", "open:\n  category: closed\n", "category: cannot be changed once it is set"),
        ("roles", "agent:\n  rights: []\n", "comes with the helpdesk"),
        ("roles", "own:\n  rights: [tickets.fly]\n", "there is no right 'tickets.fly'"),
        ("inboxes", "support@demo.test:\n  credentials: {}\n", "unknown: credentials"),
        ("brands", "Perchwood:\n  accent: red\n", "brands/Perchwood: accent:"),
        ("tires", "vip: {}\n", "tires.yaml: there is no section 'tires'"),
        ("tiers", "vip: [", "tiers.yaml cannot be read"),
    ],
)
def test_what_cannot_be_is_refused_with_its_place(house, folder, section, text, said):
    folder.mkdir()
    (folder / f"{section}.yaml").write_text(text)
    with pytest.raises(CommandError) as refusal:
        run("apply", folder)
    assert said in str(refusal.value)


def test_one_mistake_and_nothing_is_applied(house, folder):
    folder.mkdir()
    (folder / "tiers.yaml").write_text("vip:\n  name: Changed\n")
    (folder / "statuses.yaml").write_text("open:\n  nane: x\n")
    with pytest.raises(CommandError):
        run("apply", folder)
    assert Tier.objects.get(code="vip").name == "VIP"


def test_hours_languages_and_days_are_texts(house, folder):
    folder.mkdir()
    (folder / "calendars.yaml").write_text(
        "Night:\n  hours:\n    mon: [[18:30, 23:00]]\n  holidays:\n    2026-12-25: no\n"
    )
    run("apply", folder)
    night = Calendar.objects.get(name="Night")
    assert night.hours == {"mon": [["18:30", "23:00"]]}
    assert [(day.date.isoformat(), day.name) for day in night.holidays.all()] == [
        ("2026-12-25", "no")
    ]


def test_what_no_file_names_stays_unless_it_is_asked_for(house, folder):
    run("export", folder)
    path = folder / "macros.yaml"
    path.write_text("{}\n")
    said, code = run("plan", folder)
    assert code == 0 and "= macros/Hand over  (in no file; it stays)" in said
    said, _ = run("apply", folder, "--prune")
    assert "- macros/Hand over" in said
    assert not Macro.objects.get(name="Hand over").is_active
    assert Macro.objects.get(name="Mine").is_active


def test_a_role_of_the_house_keeps_its_rights_and_where_it_works(house):
    wanted = {"roles": {"watchers": {"teams": ["Billing"]}}}
    apply(wanted)
    assert export().sections["roles"]["watchers"]["teams"] == ["Billing"]
    assert {change.verb for change in plan(wanted)} == {"keep"}


@pytest.mark.django_db(transaction=True)
def test_the_history_stays_whole(seal):
    """A role's number is no UUID; what was signed must read the same out of the database."""
    apply({"roles": {"night watch": {"rights": ["tickets.view_ticket"]}}})
    seal()
    assert list(audit.verify()) == []


def test_every_column_is_exported_or_left_out_for_a_reason():
    forgotten = []
    for section in SECTIONS:
        known = {part.name for part in section.parts} | set(section.left_out)
        columns = [*section.model._meta.concrete_fields, *section.model._meta.many_to_many]
        forgotten += [f"{section.name}.{c.name}" for c in columns if c.name not in known]
    assert forgotten == []


def test_a_new_status_is_made(house):
    apply({"statuses": {"parked": {"category": "open", "name": "P", "customer_name": "Q"}}})
    assert Status.objects.get(code="parked").category == "open"
