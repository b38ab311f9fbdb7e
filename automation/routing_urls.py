from django.urls import path

from automation.views import routing

urlpatterns = [
    path("routing/", routing.teams, name="routing"),
    path("routing/teams/<uuid:pk>/", routing.team, name="routing_team"),
    path("routing/skills/", routing.skills, name="skills"),
    path("routing/skills/<uuid:pk>/remove/", routing.remove_skill, name="remove_skill"),
    path("routing/rules/", routing.add_rule, name="add_skill_rule"),
    path("routing/rules/<uuid:pk>/remove/", routing.remove_rule, name="remove_skill_rule"),
    path("routing/people/", routing.people, name="abilities"),
    path("routing/people/<uuid:pk>/", routing.person, name="ability"),
    path("routing/fairness/", routing.fairness, name="fairness"),
    path("routing/tickets/<uuid:pk>/", routing.why, name="why"),
]
