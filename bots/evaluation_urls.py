"""The part of bots' addresses under which they are tested, tried and verified."""

from django.urls import path

from bots.views import evaluation, runs, trials, verification

urlpatterns = [
    path("bots/<uuid:pk>/suites/", evaluation.suites, name="suites"),
    path("bots/<uuid:pk>/suites/new/", evaluation.add_suite, name="add_suite"),
    path("bots/suites/<uuid:pk>/", evaluation.suite, name="suite"),
    path("bots/suites/<uuid:pk>/remove/", evaluation.remove_suite, name="remove_suite"),
    path("bots/suites/<uuid:pk>/import/", evaluation.import_cases, name="import_cases"),
    path("bots/suites/<uuid:pk>/tests/new/", evaluation.add_case, name="add_case"),
    path("bots/tests/<uuid:pk>/", evaluation.case, name="case"),
    path("bots/tests/<uuid:pk>/remove/", evaluation.remove_case, name="remove_case"),
    path("bots/tickets/<uuid:pk>/keep/", evaluation.keep_case, name="keep_case"),
    path("bots/suites/<uuid:pk>/play/", runs.play_suite, name="play_suite"),
    path("bots/runs/<uuid:pk>/", runs.run, name="run"),
    path("bots/flows/<uuid:pk>/play/", runs.play_flow, name="play_flow"),
    path("bots/understanding/versions/<uuid:pk>/play/", runs.play_version, name="play_version"),
    path("bots/<uuid:pk>/trials/", trials.trials, name="trials"),
    path("bots/trials/<uuid:pk>/stop/", trials.stop, name="stop_trial"),
    path("bots/trials/<uuid:pk>/live/", trials.make_live, name="make_trial_live"),
    path("bots/<uuid:pk>/verification/", verification.verifications, name="verifications"),
    path("bots/<uuid:pk>/verification/now/", verification.verify_now, name="verify_now"),
    path("bots/releases/<uuid:pk>/settle/", verification.settle, name="settle_alarm"),
    path("bots/verification/<uuid:pk>/", verification.verification, name="verification"),
    path("bots/checked/<uuid:pk>/", verification.judge, name="judge_sampled"),
    path("bots/turns/<uuid:pk>/flag/", verification.flag, name="flag_answer"),
]
