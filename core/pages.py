"""What views of settings share: the right asked for, and refusals said at the field they name."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django import forms
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from core.errors import HelpdeskError, NotAllowed

View = Callable[..., HttpResponse]


def sets_up(*rights: str) -> Callable[[View], View]:
    """A page for those who hold all the rights; it stays out of every cache."""

    def decorate(view: View) -> View:
        @wraps(view)
        def check(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            user: Any = request.user
            if not all(user.may(right) for right in rights):
                raise NotAllowed(_("Your role does not allow this."))
            response = view(request, *args, **kwargs)
            response["Cache-Control"] = "no-store, private"
            return response

        return login_required(check)

    return decorate


def carry_out(form: forms.Form, act: Callable[..., Any], **given: Any) -> Any:
    """Call the action with the clean values. Returns None if there was an error or a refusal, which
    then stands in the form, at the field it names."""
    if not form.is_bound or not form.is_valid():
        return None
    try:
        return act(**form.cleaned_data, **given) or True
    except HelpdeskError as refusal:
        field = refusal.extra.get("field")
        form.add_error(field if field in form.fields else None, refusal.reason)
        return None


def status_of(*given: forms.Form) -> int:
    return 400 if any(form.is_bound and form.errors for form in given) else 200
