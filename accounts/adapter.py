from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest
from django.urls import reverse

from accounts.queries import needs_set_up


class StaffAccountAdapter(DefaultAccountAdapter):
    """People who work here are invited by an admin; nobody signs up by themselves."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def get_login_redirect_url(self, request: HttpRequest) -> str:
        """An admin of a house that is not set up is led to setting it up."""
        user: Any = request.user
        if user.may("accounts.change_workspace") and needs_set_up():
            return reverse("tickets:set_up")
        return str(super().get_login_redirect_url(request))
