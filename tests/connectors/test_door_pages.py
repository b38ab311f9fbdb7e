"""What admins see and set on the doors: health, confirmations, names, keys, silent addresses."""

from datetime import timedelta

import pytest

from accounts.models import Team, User
from connectors.actions import make_dkim_key, suppress
from connectors.models import Brand, Inbox, SenderBlock, Suppression
from core.clock import now


def test_an_inbox_says_since_when_it_fails_and_why(admin, sign_in, inbox):
    Inbox.objects.filter(pk=inbox.pk).update(
        problem="The mail server cannot be reached.", failing_since=now() - timedelta(hours=1)
    )
    page = sign_in(admin).get("/inboxes/").content.decode()

    assert "Failing since" in page
    assert "The mail server cannot be reached." in page


def test_a_paused_inbox_is_resumed_by_a_person(admin, sign_in, inbox):
    Inbox.objects.filter(pk=inbox.pk).update(paused_at=now())
    client = sign_in(admin)
    assert "Automatic mail is paused since" in client.get("/inboxes/").content.decode()

    client.post(f"/inboxes/{inbox.pk}/resume/")

    assert Inbox.objects.get(pk=inbox.pk).paused_at is None
    assert "Automatic mail is paused since" not in client.get("/inboxes/").content.decode()


def test_what_an_inbox_confirms_is_kept(admin, sign_in, inbox):
    wanted = {
        "name": inbox.name,
        "address": inbox.address,
        "brand": str(inbox.brand_id),
        "is_active": "on",
        "acknowledges": "on",
        "acknowledgement": "We have it: {number}",
        "undo_seconds": "20",
        "reopen_days": "7",
    }
    answer = sign_in(admin).post(f"/inboxes/{inbox.pk}/", wanted)

    assert answer.status_code == 302
    kept = Inbox.objects.get(pk=inbox.pk)
    assert (kept.acknowledges, kept.acknowledgement) == (True, "We have it: {number}")
    assert (kept.undo_seconds, kept.reopen_days) == (20, 7)


def test_what_is_no_number_is_refused(admin, sign_in, inbox):
    answer = sign_in(admin).post(
        f"/inboxes/{inbox.pk}/", {"undo_seconds": "soon", "reopen_days": "7"}
    )
    assert answer.status_code == 400
    assert Inbox.objects.get(pk=inbox.pk).reopen_days == inbox.reopen_days


def test_a_test_mail_leaves_and_its_fate_is_told(admin, sign_in, inbox, settings):
    answer = sign_in(admin).post(f"/inboxes/{inbox.pk}/test/", follow=True)

    assert "outbox" in answer.content.decode()
    assert len(list(settings.OUTBOX_DIR.glob("*.eml"))) == 1


def test_name_and_signature_of_a_brand_are_kept(admin, sign_in, inbox):
    brand = inbox.brand
    sign_in(admin).post(
        f"/brands/{brand.pk}/",
        {"name": "Perchwood", "sender_name": "Perchwood Care", "signature": "Kind regards"},
    )
    kept = Brand.objects.get(pk=brand.pk)
    assert (kept.sender_name, kept.signature) == ("Perchwood Care", "Kind regards")


def test_a_brand_shows_the_record_that_its_new_key_needs(admin, sign_in, inbox):
    client = sign_in(admin)
    before = client.get(f"/brands/{inbox.brand_id}/").content.decode()

    client.post(f"/brands/{inbox.brand_id}/dkim/", {"domain": "demo.test", "selector": "2026a"})
    after = client.get(f"/brands/{inbox.brand_id}/").content.decode()

    assert "leave unsigned" in before
    assert "2026a._domainkey.demo.test" in after
    assert "v=DKIM1; k=rsa; p=" in after
    assert "PRIVATE KEY" not in after


@pytest.mark.parametrize("domain", ["", "demo", "demo.test\r\nX: y", "a b.test"])
def test_a_key_for_what_is_no_domain_is_not_made(admin, sign_in, inbox, domain):
    url = f"/brands/{inbox.brand_id}/dkim/"
    answer = sign_in(admin).post(url, {"domain": domain, "selector": "a"})
    assert answer.status_code == 400
    assert not Brand.objects.get(pk=inbox.brand_id).dkim_key


def test_a_broken_key_breaks_no_page(admin, sign_in, inbox):
    brand = inbox.brand
    brand.dkim_domain, brand.dkim_selector, brand.dkim_key = "demo.test", "a", "not a key"
    brand.save()
    page = sign_in(admin).get(f"/brands/{brand.pk}/")
    assert page.status_code == 200
    assert "The key cannot be used" in page.content.decode()


def test_the_signature_of_a_team_is_kept(admin, sign_in, support):
    sign_in(admin).post(f"/teams/{support.pk}/", {"name": "Support", "signature": "Your Support"})
    assert Team.objects.get(pk=support.pk).signature == "Your Support"


def test_the_signature_of_a_person_is_kept(alice, sign_in):
    wanted = {"language": "", "timezone": "UTC", "theme": "auto", "signature": "Alice\nSupport"}
    sign_in(alice).post("/preferences/", wanted)
    kept = User.objects.get(pk=alice.pk).signature
    assert kept.replace("\r\n", "\n") == "Alice\nSupport"


def test_a_suppressed_address_is_listed_and_lifted(admin, sign_in):
    suppression = suppress("gone@example.org", reason="bounce", provider_code="5.1.1")
    client = sign_in(admin)
    page = client.get("/senders/suppressed/").content.decode()

    client.post(f"/senders/suppressed/{suppression.pk}/lift/")

    assert "gone@example.org" in page
    assert "5.1.1" in page
    assert not Suppression.objects.exists()


@pytest.mark.parametrize(
    ("value", "status"),
    [("spam@example.net", 302), ("@example.net", 302), ("nonsense", 400), ("demo.test", 400)],
)
def test_senders_are_blocked_by_address_and_by_domain(admin, sign_in, inbox, value, status):
    answer = sign_in(admin).post("/senders/blocked/add/", {"value": value})

    assert answer.status_code == status
    assert SenderBlock.objects.exists() == (status == 302)


def test_the_back_office_shows_no_key_of_a_brand(admin, sign_in, inbox):
    brand = inbox.brand
    make_dkim_key(brand, actor=admin, domain="demo.test", selector="s1")
    page = sign_in(admin).get(f"/admin/connectors/brand/{brand.pk}/change/")

    assert page.status_code == 200
    assert b"PRIVATE KEY" not in page.content
