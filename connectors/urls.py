from django.urls import path

from connectors import views

app_name = "connectors"
urlpatterns = [
    path("deliveries/", views.deliveries, name="deliveries"),
    path("deliveries/<uuid:pk>/raw/", views.raw, name="raw"),
    path("deliveries/<uuid:pk>/retry/", views.retry, name="retry"),
    path("outbox/", views.outbox, name="outbox"),
    path("outbox/<str:name>/", views.outbox_mail, name="outbox_mail"),
    path("outbox/<str:name>/html/", views.outbox_html, name="outbox_html"),
]
