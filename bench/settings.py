"""The product's settings, and the probe's app beside its own."""

from helpdesk.settings import *  # noqa: F403  the product as it is, and what follows
from helpdesk.settings import INSTALLED_APPS as _OWN

INSTALLED_APPS = [*_OWN, "bench"]
