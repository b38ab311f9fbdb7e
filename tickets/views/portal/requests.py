"""A customer's requests: the list and one of them."""

from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404

from core.colour import palette_of
from core.errors import HelpdeskError
from core.fields import warm_keys
from core.ids import new_id
from customers.actions import record_consent
from customers.models import Customer, Identity
from customers.queries import list_consents
from tickets.actions import portal as actions
from tickets.forms import AnswerForm
from tickets.models import Ticket
from tickets.queries import portal as queries
from tickets.views.files import serve_file
from tickets.views.portal.access import Visit, portal
from tickets.views.portal.guided import files_of


@portal("GET")
def home(visit: Visit) -> HttpResponse:
    if visit.customer is None:
        return visit.show("welcome", usual=queries.usual_answer_time(visit.brand))
    shown = visit.request.GET.get("show", "open")
    page = _page_number(visit.request)
    rows, more = queries.list_requests(
        visit.customer, visit.brand, page=page, is_open={"open": True, "solved": False}.get(shown)
    )
    return visit.show("home", rows=rows, more=more, page=page, shown=shown)


def _page_number(request: HttpRequest) -> int:
    text = request.GET.get("page", "1")
    return int(text) if text.isascii() and text.isdigit() and 0 < int(text) < 1000 else 1


_PICTURES = {"image/png", "image/jpeg", "image/webp"}
_VARIABLES = {
    "accent": "accent",
    "hover": "accent-hover",
    "ink": "accent-ink",
    "tint": "accent-tint",
    "tint_2": "accent-tint-2",
}


@portal("GET", signed_in=True)
def request_page(visit: Visit, pk: UUID) -> HttpResponse:
    return _show(visit, pk, AnswerForm(initial={"client_id": new_id()}))


def _show(visit: Visit, pk: UUID, form: AnswerForm, status: int = 200) -> HttpResponse:
    page = queries.load_request(_customer(visit), visit.brand, pk)
    return visit.show(
        "request",
        status=status,
        page=page,
        ticket=page.ticket,
        form=form,
        usual=queries.usual_answer_time(visit.brand),
        may_answer=actions.may_be_answered(page.ticket),
        may_decide=actions.may_decide(page.ticket, _customer(visit)),
    )


@portal("POST", signed_in=True)
def answer(visit: Visit, pk: UUID) -> HttpResponse:
    """ "This is solved" beside the text sends what was written first."""
    form = AnswerForm(visit.request.POST)
    if _took_answer(visit, _own(visit, pk), _identity(visit), form, is_proved=True):
        return visit.go("request", pk)
    return _show(visit, pk, form, status=form.status)


def _took_answer(
    visit: Visit, ticket: Ticket, identity: Identity, form: AnswerForm, *, is_proved: bool
) -> bool:
    """Take what was written and, if it is said to be solved, close the request; else the form
    says why not."""
    solves = "solved" in visit.request.POST
    try:
        if form.is_valid() and (form.cleaned_data["body"].strip() or not solves):
            actions.answer_request(
                ticket,
                identity=identity,
                body=form.cleaned_data["body"],
                client_id=form.cleaned_data["client_id"],
                files=files_of(visit.request),
                is_proved=is_proved,
            )
        if solves:
            actions.close_request(ticket, customer=identity.customer)
    except HelpdeskError as refusal:
        form.is_valid()
        form.add_error("body", refusal.reason)
        form.status = refusal.status
    return not form.errors


@portal("POST", signed_in=True)
def reopen(visit: Visit, pk: UUID) -> HttpResponse:
    actions.reopen_request(_own(visit, pk), customer=_customer(visit))
    return visit.go("request", pk)


@portal("GET", signed_in=True)
def file(visit: Visit, pk: UUID) -> StreamingHttpResponse:
    return serve_file(visit.request, queries.find_file(_customer(visit), visit.brand, pk))


# By a secret link that was mailed: this one request, nothing else.


@portal("GET", "POST")
def follow(visit: Visit, token: str) -> HttpResponse:
    ticket, identity = _followed(visit, token)
    form = AnswerForm(visit.request.POST or None, initial={"client_id": new_id()})
    if form.is_bound and _took_answer(visit, ticket, identity, form, is_proved=False):
        return visit.go("follow", token)
    page = queries.load_request(identity.customer, visit.brand, ticket.pk)
    response = visit.show(
        "request",
        page=page,
        ticket=page.ticket,
        form=form,
        followed=token,
        usual=queries.usual_answer_time(visit.brand),
        may_answer=actions.may_be_answered(page.ticket),
        may_decide=actions.may_decide(page.ticket, identity.customer),
        status=form.status if form.errors else 200,
    )
    # The address is the secret; no other site is told it. With "no-referrer" browsers would hide
    # the origin of the form, too, and the reply would be taken for a forged one.
    response["Referrer-Policy"] = "same-origin"
    return response


def _followed(visit: Visit, token: str) -> tuple[Ticket, Identity]:
    found = actions.read_follow_token(token)
    if found is None:
        raise Http404
    identity = get_object_or_404(
        Identity.objects.select_related("customer__organisation"), pk=found[1], valid_to=None
    )
    ticket = get_object_or_404(
        Ticket.objects.filter(customer=identity.customer, inbox__brand=visit.brand, spam_at=None),
        pk=found[0],
    )
    return ticket, identity


# About the customer


@portal("GET", "POST", signed_in=True)
def account(visit: Visit) -> HttpResponse:
    customer = _customer(visit)
    if visit.request.method == "POST":
        purpose = visit.request.POST.get("purpose", "")
        action = visit.request.POST.get("action", "")
        record_consent(
            customer,
            purpose=purpose,
            action=action,
            channel="portal",
            actor=None,
            proof={"identity": str(_identity(visit).pk)},
        )
        return visit.go("account")
    identities = [one for one in customer.identities.all() if one.valid_to is None]
    keys = list(customer.passkeys.order_by("created_at"))
    warm_keys(keys)
    return visit.show(
        "account", consents=list_consents(customer), identities=identities, passkeys=keys
    )


@portal("GET")
def logo(visit: Visit) -> HttpResponse:
    """The brand's picture as we wrote it anew; never what somebody uploaded."""
    if not visit.brand.logo or visit.brand.logo_type not in _PICTURES:
        raise Http404
    response = HttpResponse(bytes(visit.brand.logo), content_type=visit.brand.logo_type)
    response["Cache-Control"] = "max-age=300"
    return response


@portal("GET")
def brand_css(visit: Visit) -> HttpResponse:
    """The brand's colours as variables: a style sheet of its own, because nothing may be inline."""
    palette = palette_of(visit.brand.accent)
    lines = [
        f"--{name}: light-dark({', '.join(getattr(palette, field))});"
        for field, name in _VARIABLES.items()
    ]
    body = f"[data-brand] {{ {' '.join(lines)} }}\n"
    response = HttpResponse(body, content_type="text/css; charset=utf-8")
    response["Cache-Control"] = "max-age=300"
    return response


def _identity(visit: Visit) -> Identity:
    if visit.identity is None:
        raise Http404
    return visit.identity


def _customer(visit: Visit) -> Customer:
    return _identity(visit).customer


def _own(visit: Visit, pk: UUID) -> Ticket:
    return get_object_or_404(queries.requests_of(_customer(visit), visit.brand), pk=pk)
