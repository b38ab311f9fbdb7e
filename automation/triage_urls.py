from django.urls import path

from automation.views import triage

urlpatterns = [
    path("triage/", triage.triage, name="triage"),
    path("triage/learn/", triage.learn, name="learn_triage"),
    path("triage/<uuid:pk>/use/", triage.use, name="use_triage"),
    path("triage/tickets/<uuid:pk>/", triage.guesses, name="guesses"),
    path("triage/guesses/<uuid:pk>/", triage.decide, name="decide_guess"),
]
