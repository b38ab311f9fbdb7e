"""Settings › Routing: teams, skills and rules, people, and how evenly work is shared."""

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.models import Team, User
from automation.actions import routing_setup as actions
from automation.actions.routing_setup import SET_UP
from automation.models import AgentSkill, Skill, SkillRule, TeamRouting
from automation.queries.floor import pushing_teams, waiting_for
from automation.queries.why import load_shares, load_why
from automation.routing_forms import AbilitiesForm, RuleForm, SkillForm, TeamRoutingForm
from core.pages import carry_out, sets_up, status_of
from tickets.models import Ticket

_FORMS = ["GET", "HEAD", "POST"]


@require_safe
@sets_up(SET_UP)
def teams(request: HttpRequest) -> HttpResponse:
    rows = Team.objects.select_related("routing")
    return render(request, "automation/routing.html", {"teams": rows, "tab": "teams"})


@require_http_methods(_FORMS)
@sets_up(SET_UP)
def team(request: HttpRequest, pk: UUID) -> HttpResponse:
    found = get_object_or_404(Team, pk=pk)
    routing = TeamRouting.objects.filter(team=found).first() or TeamRouting(team=found)
    form = TeamRoutingForm(request.POST or None, routing=routing)
    if carry_out(form, actions.set_routing, team=found, actor=request.user):
        messages.success(request, _("Saved."))
        return redirect("automation:routing")
    context = {"team": found, "form": form}
    return render(request, "automation/routing_team.html", context, status=status_of(form))


@require_http_methods(_FORMS)
@sets_up(SET_UP)
def skills(request: HttpRequest) -> HttpResponse:
    form = SkillForm(request.POST or None)
    if carry_out(form, actions.add_skill, actor=request.user):
        messages.success(request, _("Saved."))
        return redirect("automation:skills")
    return _show_skills(request, form, RuleForm())


@require_POST
@sets_up(SET_UP)
def add_rule(request: HttpRequest) -> HttpResponse:
    form = RuleForm(request.POST)
    if carry_out(form, actions.add_rule, actor=request.user):
        messages.success(request, _("Saved."))
        return redirect("automation:skills")
    return _show_skills(request, SkillForm(), form)


def _show_skills(request: HttpRequest, form: SkillForm, rule_form: RuleForm) -> HttpResponse:
    context = {
        "skills": Skill.objects.prefetch_related("holders"),
        "rules": SkillRule.objects.select_related("skill", "team", "inbox"),
        "form": form,
        "rule_form": rule_form,
        "tab": "skills",
    }
    return render(request, "automation/skills.html", context, status=status_of(form, rule_form))


@require_POST
@sets_up(SET_UP)
def remove_skill(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Twice is once."""
    if skill := Skill.objects.filter(pk=pk).first():
        actions.remove_skill(skill, actor=request.user)
    return redirect("automation:skills")


@require_POST
@sets_up(SET_UP)
def remove_rule(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Twice is once."""
    if rule := SkillRule.objects.filter(pk=pk).first():
        actions.remove_rule(rule, actor=request.user)
    return redirect("automation:skills")


@require_safe
@sets_up(SET_UP)
def people(request: HttpRequest) -> HttpResponse:
    found = User.objects.filter(is_active=True, kind=User.Kind.PERSON, teams__isnull=False)
    held: dict[UUID, list[AgentSkill]] = {}
    for row in AgentSkill.objects.select_related("skill").order_by("skill__name"):
        held.setdefault(row.user_id, []).append(row)
    users = found.distinct().select_related("capacity").order_by("name")
    rows = [(user, getattr(user, "capacity", None), held.get(user.pk, [])) for user in users]
    return render(request, "automation/abilities.html", {"rows": rows, "tab": "people"})


@require_http_methods(_FORMS)
@sets_up(SET_UP)
def person(request: HttpRequest, pk: UUID) -> HttpResponse:
    found = get_object_or_404(User, pk=pk, kind=User.Kind.PERSON)
    form = AbilitiesForm(request.POST or None, user=found, skills=list(Skill.objects.all()))
    if carry_out(form, actions.set_abilities, user=found, actor=request.user):
        messages.success(request, _("Saved."))
        return redirect("automation:abilities")
    context = {"person": found, "form": form}
    return render(request, "automation/ability.html", context, status=status_of(form))


@require_safe
@sets_up(SET_UP)
def fairness(request: HttpRequest) -> HttpResponse:
    shares = [
        load_shares(routing, waiting=waiting_for(routing.pk).count()) for routing in pushing_teams()
    ]
    return render(request, "automation/fairness.html", {"shares": shares, "tab": "fairness"})


@require_safe
@login_required
def why(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Fetched once the ticket is on the screen; empty where people gave it."""
    ticket = Ticket.objects.visible_to(request.user).filter(pk=pk).first()
    if ticket is None:
        raise Http404
    context = {"why": load_why(ticket, request.user)}
    response = render(request, "automation/_why.html", context)
    response["Cache-Control"] = "no-store, private"
    return response
