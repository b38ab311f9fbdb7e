"""The demonstration shop is believable, complete, and its history intact."""

import pytest

from accounts.models import User
from core import audit
from helpdesk.demo import loader
from livechat.models import Chat
from tickets.models import Category, Message, Ticket


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_the_demonstration_has_everything_and_an_intact_history():
    assert loader.load("correct horse battery") == 400

    assert Ticket.objects.filter(inbox__kind="mail").count() == 400
    assert Chat.objects.filter(score__isnull=False).exists()
    assert set(Chat.objects.values_list("state", flat=True)) == {"ended"}
    assert set(Ticket.objects.values_list("category", flat=True)) == set(Category.values)
    assert User.objects.filter(groups__name="agent").count() == 8
    assert Message.objects.filter(kind="note").exists()
    assert Message.objects.filter(attachments__isnull=False).exists()
    assert not list(audit.verify())
