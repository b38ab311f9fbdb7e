"""Addresses of rules."""

from django.urls import path

from automation.views import rules, rules_of_ticket

urlpatterns = [
    path("settings/rules/", rules.rules, name="rules"),
    path("settings/rules/new/", rules.new_rule, name="new_rule"),
    path("settings/rules/order/", rules.order, name="order_rules"),
    path("settings/rules/sentence/", rules.sentence, name="rule_sentence"),
    path("settings/rules/account/", rules.account, name="rule_account"),
    path("settings/rules/<uuid:pk>/", rules.rule, name="rule"),
    path("settings/rules/<uuid:pk>/trial/", rules.trial, name="rule_trial"),
    path("settings/rules/<uuid:pk>/runs/", rules.runs, name="rule_runs"),
    path("settings/rules/<uuid:pk>/switch/", rules.switch, name="switch_rule"),
    path("settings/rules/<uuid:pk>/move/", rules.move, name="move_rule"),
    path("settings/rules/<uuid:pk>/delete/", rules.delete, name="delete_rule"),
    path("tickets/<uuid:pk>/rules/", rules_of_ticket.panel, name="rules_of_ticket"),
    path("tickets/<uuid:pk>/rules/run/", rules_of_ticket.run, name="run_rule"),
    path("tickets/<uuid:pk>/rules/undo/", rules_of_ticket.undo, name="undo_rule"),
]
