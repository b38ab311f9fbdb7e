"""Outside text for which API and mail have no door; run inside the application."""

from accounts.actions import add_team, add_user
from connectors.actions import add_inbox
from connectors.models import Brand, Inbox
from core import events
from customers.actions import add_customer, add_organisation, change_tier
from customers.models import Customer, Tier


def plant_people(texts: list[str]) -> list[str]:
    """Customers of whom everything is hostile; their ids."""
    with events.through("cli"):
        return [
            str(_plant_customer(text, f"planted{number}@xss.example").pk)
            for number, text in enumerate(texts)
        ]


def _plant_customer(text: str, email: str) -> Customer:
    customer = add_customer(
        name=text,
        email=email,
        notes=f"{text}\n{text}",
        organisation=add_organisation(text, actor=None),
        actor=None,
    )
    tier = Tier.objects.get(code="vip")
    return change_tier(customer, actor=None, tier=tier, reason=text[:200])


def plant_settings(texts: list[str]) -> None:
    """What the back office lists: people, teams, and doors with the words of foreign servers."""
    brand = Brand.objects.first()
    with events.through("cli"):
        for number, text in enumerate(texts):
            team = add_team(text[:80])
            add_user(f"planted{number}@demo.test", name=text[:100], role="agent")
            inbox = add_inbox(
                brand=brand,
                kind="mail",
                name=text[:80],
                address=f"planted{number}@door.test",
                team=team,
            )
            Inbox.objects.filter(pk=inbox.pk).update(problem=text[:200])
