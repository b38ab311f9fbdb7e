from automation import routing_urls, sla_urls

app_name = "automation"
urlpatterns = [*routing_urls.urlpatterns, *sla_urls.urlpatterns]
