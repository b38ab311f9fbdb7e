"""The part of bots' addresses of the agent's copilot, of tools and of articles for newcomers."""

from django.urls import path

from bots.views import copilot, starters, tools

urlpatterns = [
    path("bots/copilot/", copilot.settings, name="copilot"),
    path("bots/copilot/hide/", copilot.hide, name="hide_copilot"),
    path("bots/copilot/tickets/<uuid:pk>/", copilot.ask, name="ask_copilot"),
    path("bots/copilot/<uuid:pk>/", copilot.answer, name="copilot_answer"),
    path("bots/copilot/<uuid:pk>/used/", copilot.used, name="copilot_used"),
    path("bots/<uuid:pk>/tools/", tools.tools, name="tools"),
    path("bots/<uuid:pk>/tools/new/", tools.new, name="new_tool"),
    path("bots/tools/<uuid:pk>/", tools.tool, name="tool"),
    path("bots/tools/<uuid:pk>/try/", tools.try_out, name="try_tool"),
    path("bots/tools/<uuid:pk>/secret/", tools.renew_secret, name="renew_tool_secret"),
    path("bots/tools/<uuid:pk>/remove/", tools.remove, name="remove_tool"),
    path("bots/<uuid:pk>/starters/", starters.starters, name="starters"),
]
