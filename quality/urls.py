from django.urls import path

from quality.views import practice, reviews, rubrics, scores

app_name = "quality"
urlpatterns = [
    path("quality/", scores.home, name="home"),
    path("quality/conversations/", scores.inspections, name="inspections"),
    path("quality/conversations/<uuid:pk>/", scores.inspection, name="inspection"),
    path("quality/conversations/<uuid:pk>/dispute/", scores.dispute, name="dispute"),
    path("quality/tickets/<uuid:pk>/", scores.in_ticket, name="in_ticket"),
    path("quality/reviews/", reviews.reviews, name="reviews"),
    path("quality/reviews/sample/", reviews.sample, name="sample"),
    path("quality/reviews/<uuid:pk>/", reviews.review, name="review"),
    path("quality/disputes/", reviews.disputes, name="disputes"),
    path("quality/disputes/<uuid:pk>/", reviews.decide, name="decide"),
    path("quality/coaching/", reviews.coaching, name="coaching"),
    path("quality/coaching/for/<uuid:pk>/", reviews.new_coaching, name="new_coaching"),
    path("quality/coaching/<uuid:pk>/done/", reviews.coached, name="coached"),
    path("quality/practice/", practice.practices, name="practices"),
    path("quality/practice/<uuid:pk>/", practice.practice, name="practice"),
    path("quality/call-backs/", reviews.call_backs, name="call_backs"),
    path("quality/call-backs/<uuid:pk>/", reviews.settle, name="settle"),
    path("settings/quality/", rubrics.rubric, name="rubric"),
    path("settings/quality/publish/", rubrics.publish, name="publish"),
]
