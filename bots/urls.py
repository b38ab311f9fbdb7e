from bots import flow_urls, teaching_urls

app_name = "bots"
urlpatterns = [
    *flow_urls.urlpatterns,
    *teaching_urls.urlpatterns,
]
