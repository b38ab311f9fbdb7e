from bots import copilot_urls, evaluation_urls, flow_urls, teaching_urls

app_name = "bots"
urlpatterns = [
    *copilot_urls.urlpatterns,
    *evaluation_urls.urlpatterns,
    *flow_urls.urlpatterns,
    *teaching_urls.urlpatterns,
]
