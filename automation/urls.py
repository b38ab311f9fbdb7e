from automation import routing_urls, rule_urls, sla_urls, triage_urls, webhook_urls

app_name = "automation"
urlpatterns = [
    *routing_urls.urlpatterns,
    *rule_urls.urlpatterns,
    *sla_urls.urlpatterns,
    *triage_urls.urlpatterns,
    *webhook_urls.urlpatterns,
]
