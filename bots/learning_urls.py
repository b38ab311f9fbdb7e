"""Knowledge › Gaps."""

from django.urls import path

from bots.views import learning

app_name = "gaps"
urlpatterns = [
    path("", learning.gaps, name="list"),
    path("learn/", learning.learn, name="learn"),
    path("<uuid:pk>/", learning.gap, name="gap"),
    path("<uuid:pk>/dismiss/", learning.dismiss, name="dismiss"),
]
