from django.urls import path

from customers import views

app_name = "customers"
urlpatterns = [
    path("", views.customer_list, name="list"),
    path("<uuid:pk>/", views.customer_page, name="customer"),
    path("<uuid:pk>/consents/", views.record_consent, name="consent"),
    path("<uuid:pk>/notes/", views.write_notes, name="notes"),
    path("<uuid:pk>/tier/", views.change_tier, name="tier"),
]
