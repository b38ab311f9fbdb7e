"""How the very first admin comes in: by a link that only who runs the helpdesk gets to see."""

from django.conf import settings
from django.urls import reverse

from accounts.queries import make_first_link

# In the data folder, readable to its owner alone; gone once there is an admin.
FIRST_LINK = "run/first-link"


def first_link() -> str:
    return settings.PUBLIC_URL + reverse("accounts:first", args=[make_first_link()])
