"""Asking for help: question after question, with what may answer it already beside them."""

from django.http import HttpRequest, HttpResponse
from django.utils import translation

from connectors.models import Inbox
from core.errors import HelpdeskError
from core.ids import new_id
from core.registry import SuggestedAnswer, find_answers, note_helped
from tickets.actions import portal as actions
from tickets.actions.files import MAX_UPLOAD
from tickets.guided import Question, Way
from tickets.models import Ticket
from tickets.queries import portal as queries
from tickets.views.portal.access import Visit, portal

_FEWEST_LETTERS = 2


@portal("GET", "POST")
def new(visit: Visit) -> HttpResponse:
    request = visit.request
    inbox = queries.inbox_of(visit.brand)
    if inbox is None:
        return visit.show("closed_door", status=503)
    is_sent = request.method == "POST"
    way = Way(request.POST if is_sent else None, is_known=visit.identity is not None)
    if not is_sent:
        return _ask(visit, way, way.questions[0])
    if (back := way.find(request.POST.get("back", ""))) is not None:
        return _ask(visit, way, back)
    # Programs and older pages send all at once, without saying which question they answer.
    at = way.find(request.POST.get("step", "")) or way.questions[-1]
    if wrong := way.first_wrong(at):
        return _ask(visit, way, wrong, is_tried=True)
    if following := way.after(at):
        return _ask(visit, way, following)
    return _send(visit, way, inbox, at)


def _ask(
    visit: Visit,
    way: Way,
    question: Question,
    *,
    is_tried: bool = False,
    refusal: str = "",
    status: int = 0,
) -> HttpResponse:
    has_words = question.name == "body"
    posted = way.data.get("client_id", "") if way.data is not None else ""
    return visit.show(
        "new",
        way=way,
        question=question,
        number=way.questions.index(question) + 1,
        fields=way.fields(question, is_tried=is_tried),
        carried=way.carried(question),
        before=way.before(question),
        is_last=way.after(question) is None,
        client_id=posted or new_id(),
        refusal=refusal,
        answers=_answers(visit, way.words()) if has_words else [],
        usual=queries.usual_answer_time(visit.brand),
        status=status or (400 if is_tried else 200),
    )


def _send(visit: Visit, way: Way, inbox: Inbox, at: Question) -> HttpResponse:
    try:
        ticket = _file(visit, way, inbox)
    except HelpdeskError as refusal:
        wrong = way.find(f"custom_{refusal.extra.get('field', '')}") or at
        return _ask(visit, way, wrong, refusal=refusal.reason, status=refusal.status)
    if visit.identity:
        return visit.go("request", ticket.pk)
    # Sessions hold ids: what somebody is called stands nowhere in clear.
    visit.request.session["portal_filed"] = str(ticket.pk)
    return visit.go("filed")


def _file(visit: Visit, way: Way, inbox: Inbox) -> Ticket:
    asked = way.form.cleaned_data
    custom = {code: value for code, value in way.form.custom_values().items() if value is not None}
    return actions.file_request(
        inbox,
        identity=visit.identity or actions.meet_unproved(asked["email"], name=asked["name"]),
        subject=asked["subject"],
        body=asked["body"],
        files=files_of(visit.request),
        client_id=asked["client_id"],
        language=translation.get_language() or "",
        type=way.chosen,
        custom=custom,
        is_proved=visit.identity is not None,
    )


@portal("GET")
def filed(visit: Visit) -> HttpResponse:
    ticket = Ticket.objects.filter(pk=visit.request.session.get("portal_filed")).first()
    if ticket is None:
        return visit.go("home")
    return visit.show("filed", number=ticket.number, usual=queries.usual_answer_time(visit.brand))


def files_of(request: HttpRequest) -> list[actions.PortalFile]:
    return [
        actions.PortalFile(
            upload.name or "file", upload.content_type or "", upload.read(MAX_UPLOAD + 1)
        )
        for upload in request.FILES.getlist("files")[: actions.MAX_FILES + 1]
    ]


# What may answer it already


@portal("POST")
def answers(visit: Visit) -> HttpResponse:
    """Sent, not asked for by an address: addresses are written down on the way."""
    return visit.show("_helps", answers=_answers(visit, visit.request.POST.get("words", "")))


def _answers(visit: Visit, words: str) -> list[SuggestedAnswer]:
    if len(words.strip()) < _FEWEST_LETTERS:
        return []
    language = translation.get_language() or ""
    return find_answers(words, brand=visit.brand.pk, language=language)


@portal("GET", "POST")
def helped(visit: Visit) -> HttpResponse:
    """The customer found the answer and asks nothing; each answer counts once per visitor."""
    request = visit.request
    if request.method == "POST":
        name = request.POST.get("answer", "")[:100]
        counted: list[str] = request.session.get("portal_helped", [])
        customer = visit.customer.pk if visit.customer else None
        if name not in counted and note_helped(name, brand=visit.brand.pk, customer=customer):
            request.session["portal_helped"] = [*counted[-20:], name]
        return visit.go("helped")
    return visit.show("helped")
