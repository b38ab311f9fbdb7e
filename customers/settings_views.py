"""Settings about customers: tiers and what each means, and fields of one's own."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from core.pages import carry_out, sets_up, status_of
from customers import actions
from customers.models import CustomField, Tier, TierRule
from customers.queries import CustomFieldsForm, fields_of, load_customer, read_values
from customers.queries.tiers import fitting, number_fields
from customers.settings_forms import FieldForm, TierRuleForm, TierSettingsForm


@require_safe
@sets_up("customers.change_tier")
def tiers(request: HttpRequest) -> HttpResponse:
    found = Tier.objects.select_related("team").annotate(people=Count("customers"))
    return render(request, "customers/tiers.html", {"tiers": found})


@sets_up("customers.add_tier")
def add_tier(request: HttpRequest) -> HttpResponse:
    form = TierSettingsForm(request.POST or None)
    if carry_out(form, actions.add_tier, actor=request.user):
        messages.success(request, _("Saved."))
        return redirect("customers:tiers")
    return render(request, "customers/tier_form.html", {"form": form}, status=status_of(form))


@sets_up("customers.change_tier")
def tier(request: HttpRequest, pk: UUID) -> HttpResponse:
    found = get_object_or_404(Tier.objects.annotate(people=Count("customers")), pk=pk)
    form = TierSettingsForm(request.POST or None, tier=found)

    def change(**values: Any) -> Tier:
        return actions.change_tier_settings(found, actor=request.user, **values)

    if carry_out(form, change):
        messages.success(request, _("Saved."))
        return redirect("customers:tiers")
    context = {"form": form, "tier": found, "rules": _rules_of(found), "rule_form": TierRuleForm()}
    return render(request, "customers/tier_form.html", context, status=status_of(form))


def _rules_of(tier: Tier) -> list[tuple[TierRule, str, int]]:
    """With the name of the field they ask about, and how many customers fit now."""
    names = {one.code: one.name for one in number_fields()}
    return [
        (rule, names.get(rule.field, rule.field), fitting(rule).count())
        for rule in tier.rules.all()
    ]


@require_POST
@sets_up("customers.change_tier")
def add_rule(request: HttpRequest, pk: UUID) -> HttpResponse:
    found = get_object_or_404(Tier.objects.annotate(people=Count("customers")), pk=pk)
    form = TierRuleForm(request.POST)
    if carry_out(form, actions.add_tier_rule, tier=found, actor=request.user):
        messages.success(request, _("Saved. Within the hour customers who fit have this tier."))
        return redirect("customers:tier_settings", pk)
    usual = TierSettingsForm(tier=found)
    context = {"form": usual, "tier": found, "rules": _rules_of(found), "rule_form": form}
    return render(request, "customers/tier_form.html", context, status=status_of(form))


@require_POST
@sets_up("customers.change_tier")
def remove_rule(request: HttpRequest, pk: UUID) -> HttpResponse:
    rule = get_object_or_404(TierRule.objects.select_related("tier"), pk=pk)
    actions.remove_tier_rule(rule, actor=request.user)
    return redirect("customers:tier_settings", rule.tier_id)


@require_POST
@sets_up("customers.delete_tier")
def delete_tier(request: HttpRequest, pk: UUID) -> HttpResponse:
    actions.delete_tier(get_object_or_404(Tier, pk=pk), actor=request.user)
    messages.success(request, _("The tier is gone."))
    return redirect("customers:tiers")


# Fields


@require_safe
@sets_up("customers.change_customfield")
def fields(request: HttpRequest) -> HttpResponse:
    found = list(CustomField.objects.all())
    groups = [
        (owner, [field for field in found if field.owner == owner.value])
        for owner in CustomField.Owner
    ]
    return render(request, "customers/fields.html", {"groups": groups, "has_fields": bool(found)})


@sets_up("customers.add_customfield")
def add_field(request: HttpRequest) -> HttpResponse:
    form = FieldForm(
        request.POST or None, initial={"owner": request.GET.get("owner", ""), "is_active": True}
    )
    if carry_out(form, actions.add_field, actor=request.user):
        messages.success(request, _("Saved."))
        return redirect("customers:fields")
    return render(request, "customers/field.html", {"form": form}, status=status_of(form))


@sets_up("customers.change_customfield")
def field(request: HttpRequest, pk: UUID) -> HttpResponse:
    found = get_object_or_404(CustomField, pk=pk)
    form = FieldForm(request.POST or None, field=found)

    def change(**values: Any) -> CustomField:
        return actions.change_field(found, actor=request.user, **values)

    if carry_out(form, change):
        messages.success(request, _("Saved."))
        return redirect("customers:fields")
    context = {"form": form, "field": found}
    return render(request, "customers/field.html", context, status=status_of(form))


@require_POST
@sets_up("customers.change_customfield")
def move_field(request: HttpRequest, pk: UUID) -> HttpResponse:
    found = get_object_or_404(CustomField, pk=pk)
    actions.move_field(found, up=request.POST.get("way") == "up", actor=request.user)
    return redirect("customers:fields")


# Values, on the page of a customer


@sets_up("customers.view_customer")
def values(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Fields of the customer, or with ``of=organisation`` of their organisation."""
    customer = load_customer(request.user, pk)
    organisation = customer.organisation if request.GET.get("of") == "organisation" else None
    kind = CustomField.Owner.ORGANISATION if organisation else CustomField.Owner.CUSTOMER
    kept = read_values(organisation or customer)
    form = CustomFieldsForm(request.POST or None, custom_fields=fields_of(kind), custom=kept)
    user: Any = request.user
    may_change = user.may("customers.change_customer")

    def change(**_clean: Any) -> object:
        if organisation:
            return actions.set_custom(organisation, form.custom_values(), actor=user)
        return actions.set_custom(customer, form.custom_values(), actor=user)

    if may_change and carry_out(form, change):
        messages.success(request, _("Saved."))
        return redirect("customers:customer", pk)
    context = {
        "customer": customer,
        "form": form,
        "may_change": may_change,
        "is_organisation": organisation is not None,
    }
    return render(request, "customers/values.html", context, status=status_of(form))
