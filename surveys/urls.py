from django.urls import path

from surveys.views import (
    answering,
    complaints,
    figures,
    improvements,
    recovery,
    setting,
    tickets,
)

_ONE = "settings/surveys/<uuid:pk>/"
app_name = "surveys"
urlpatterns = [
    # Without signing in; the token is the key.
    path("survey/<str:token>/", answering.answer, name="answer"),
    path("survey/<str:token>/<int:score>/", answering.answer, name="answer_chosen"),
    path("settings/surveys/", setting.surveys, name="surveys"),
    path("settings/surveys/new/", setting.new, name="new_survey"),
    path("settings/surveys/policy/", setting.policy, name="policy"),
    path("settings/surveys/causes/", setting.causes, name="causes"),
    path("settings/surveys/causes/new/", setting.cause, name="new_cause"),
    path("settings/surveys/causes/<uuid:pk>/", setting.cause, name="cause"),
    path(_ONE, setting.survey, name="survey"),
    path(f"{_ONE}words/", setting.words, name="words"),
    path(f"{_ONE}publish/", setting.publish, name="publish"),
    path(f"{_ONE}switch/", setting.switch, name="switch"),
    path("surveys/figures/", figures.figures, name="figures"),
    path("surveys/recovery/", recovery.tasks, name="tasks"),
    path("surveys/recovery/<uuid:pk>/", recovery.task, name="task"),
    path("surveys/recovery/<uuid:pk>/called/", recovery.called, name="called"),
    path("surveys/improvements/", improvements.improvements, name="improvements"),
    path("surveys/improvements/<uuid:pk>/", improvements.improve, name="improve"),
    path("surveys/complaints/", complaints.complaints, name="complaints"),
    path("surveys/complaints/<uuid:pk>/", complaints.complaint, name="complaint"),
    path("surveys/complaints/<uuid:pk>/hear/", complaints.acknowledge, name="acknowledge"),
    path("settings/complaints/", complaints.policy, name="complaint_policy"),
    path("tickets/<uuid:pk>/complaint/", complaints.panel, name="complaint_panel"),
    path("tickets/<uuid:pk>/complaint/make/", complaints.make, name="make_complaint"),
    path("tickets/<uuid:pk>/survey/", tickets.panel, name="panel"),
    path("tickets/<uuid:pk>/survey/ask/", tickets.ask, name="ask"),
]
