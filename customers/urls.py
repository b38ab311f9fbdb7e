from django.urls import path

from customers import data_views, settings_views, views

app_name = "customers"
urlpatterns = [
    path("", views.customer_list, name="list"),
    path("export/", data_views.export, name="export"),
    path("import/", data_views.imports, name="imports"),
    path("import/<uuid:pk>/", data_views.import_page, name="import"),
    path("import/<uuid:pk>/progress/", data_views.progress, name="import_progress"),
    path("import/<uuid:pk>/start/", data_views.start, name="import_start"),
    path("import/<uuid:pk>/stop/", data_views.stop, name="import_stop"),
    path("import/<uuid:pk>/errors/", data_views.errors, name="import_errors"),
    path("tiers/", settings_views.tiers, name="tiers"),
    path("tiers/add/", settings_views.add_tier, name="add_tier"),
    path("tiers/<uuid:pk>/", settings_views.tier, name="tier_settings"),
    path("tiers/<uuid:pk>/rules/", settings_views.add_rule, name="add_tier_rule"),
    path("tiers/rules/<uuid:pk>/remove/", settings_views.remove_rule, name="remove_tier_rule"),
    path("tiers/<uuid:pk>/delete/", settings_views.delete_tier, name="delete_tier"),
    path("fields/", settings_views.fields, name="fields"),
    path("fields/add/", settings_views.add_field, name="add_field"),
    path("fields/<uuid:pk>/", settings_views.field, name="field"),
    path("fields/<uuid:pk>/move/", settings_views.move_field, name="move_field"),
    path("<uuid:pk>/fields/", settings_views.values, name="values"),
    path("<uuid:pk>/", views.customer_page, name="customer"),
    path("<uuid:pk>/consents/", views.record_consent, name="consent"),
    path("<uuid:pk>/notes/", views.write_notes, name="notes"),
    path("<uuid:pk>/tier/", views.change_tier, name="tier"),
]
