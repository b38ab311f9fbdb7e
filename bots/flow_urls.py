"""The part of bots' addresses under which they are set up and their flows are written."""

from django.urls import path

from bots.views import bot, flows, ticket

urlpatterns = [
    path("bots/", bot.bots, name="bots"),
    path("bots/add/", bot.add, name="add"),
    path("bots/<uuid:pk>/", bot.bot, name="bot"),
    path("bots/<uuid:pk>/limits/", bot.limits, name="limits"),
    path("bots/<uuid:pk>/pause/", bot.pause, name="pause"),
    path("bots/<uuid:pk>/flows/", flows.flows, name="flows"),
    path("bots/<uuid:pk>/flows/new/", flows.new, name="new_flow"),
    path("bots/<uuid:pk>/check/", flows.check, name="check_flow"),
    path("bots/<uuid:pk>/try/", flows.try_out, name="try_flow"),
    path("bots/flows/<uuid:pk>/", flows.flow, name="flow"),
    path("bots/flows/<uuid:pk>/publish/", flows.publish, name="publish_flow"),
    path("bots/flows/<uuid:pk>/switch/", flows.switch, name="switch_flow"),
    path("bots/flows/<uuid:pk>/back/", flows.bring_back, name="bring_back"),
    path("bots/tickets/<uuid:pk>/", ticket.panel, name="in_ticket"),
    path("bots/tickets/<uuid:pk>/give-back/", ticket.give_back, name="give_back"),
]
