"""Which inbox an address belongs to."""

from connectors.models import Inbox


def inbox_for_address(address: str) -> Inbox | None:
    """The inbox a mail address belongs to, plus-addressed forms included."""
    local, _, domain = address.strip().lower().rpartition("@")
    plain = f"{local.partition('+')[0]}@{domain}"
    return Inbox.objects.filter(address__iexact=plain, is_active=True).first()


def own_addresses() -> set[str]:
    found = Inbox.objects.exclude(address=None).values_list("address", flat=True)
    return {address.lower() for address in found if address}
