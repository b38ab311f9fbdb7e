"""Who looks after webhooks is told when one gives up."""

from automation.actions.webhook_news import tell_of_trouble
from automation.models import Webhook
from core.events import on
from core.lanes import Lease
from core.models import Event


@on("webhook.gave_up", "webhook.switched_off", lane="send")
def mail_keepers(event: Event, lease: Lease) -> None:
    """Not where it works again by now, or is gone."""
    with lease.held():
        webhook = Webhook.objects.filter(pk=event.subject_id).first()
        if webhook and (webhook.failures or not webhook.is_on):
            tell_of_trouble(webhook)
        with lease.finish():
            return
