"""Addresses of service levels."""

from django.urls import path

from automation.views import clocks, policies

urlpatterns = [
    path("tickets/<uuid:pk>/clocks/", clocks.panel, name="clocks"),
    path("settings/service-levels/", policies.policies, name="policies"),
    path("settings/service-levels/new/", policies.new_policy, name="new_policy"),
    path("settings/service-levels/<uuid:pk>/", policies.policy, name="policy"),
    path("settings/service-levels/<uuid:pk>/trial/", policies.trial, name="policy_trial"),
    path("settings/service-levels/<uuid:pk>/switch/", policies.switch, name="switch_policy"),
    path("settings/service-levels/<uuid:pk>/move/", policies.move, name="move_policy"),
    path("settings/service-levels/<uuid:pk>/delete/", policies.delete, name="delete_policy"),
]
