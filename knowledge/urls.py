from django.urls import include, path

from knowledge.views import (
    article_files,
    centre,
    composer,
    desk,
    editor,
    files,
    shelves,
    testing,
    use,
)

app_name = "knowledge"
urlpatterns = [
    path("knowledge/", desk.articles, name="list"),
    path("knowledge/new/", editor.new, name="new"),
    path("knowledge/preview/", editor.preview, name="preview"),
    path("knowledge/import/", files.bring_in, name="import"),
    path("knowledge/export/", files.take_out, name="export"),
    path("knowledge/use/", use.use, name="use"),
    path("knowledge/gate/", testing.gate, name="gate"),
    path("knowledge/suggest/", composer.suggest, name="suggest"),
    path("knowledge/used/", composer.used, name="used"),
    path("knowledge/categories/", shelves.categories, name="categories"),
    path("knowledge/categories/new/", shelves.new, name="new_category"),
    path("knowledge/categories/<uuid:pk>/", shelves.category, name="category"),
    path("knowledge/categories/<uuid:pk>/move/", shelves.move, name="move_category"),
    path("knowledge/categories/<uuid:pk>/remove/", shelves.remove, name="remove_category"),
    path("knowledge/<uuid:pk>/", desk.article, name="article"),
    path("knowledge/<uuid:pk>/files/", article_files.add, name="add_file"),
    path("knowledge/files/<uuid:pk>/", article_files.fetch, name="file"),
    path("knowledge/files/<uuid:pk>/remove/", article_files.remove, name="remove_file"),
    path("knowledge/<uuid:pk>/tests/", testing.add, name="add_test"),
    path("knowledge/tests/<uuid:pk>/remove/", testing.remove, name="remove_test"),
    path("knowledge/<uuid:pk>/settings/", editor.about, name="about"),
    path("knowledge/<uuid:pk>/<slug:language>/", editor.text, name="text"),
    path("knowledge/versions/<uuid:pk>/", desk.version, name="version"),
    path("knowledge/versions/<uuid:pk>/step/", editor.step, name="step"),
    # The customers' side
    path(
        "portal/<slug:brand>/help/",
        include(
            [
                path("", centre.home, name="help"),
                path("find/", centre.find, name="help_find"),
                path("shelves/<uuid:pk>/", centre.category, name="help_category"),
                path("<uuid:pk>/", centre.article, name="help_article"),
                path("files/<uuid:pk>/", article_files.fetch_as_reader, name="help_file"),
                path("<uuid:pk>/helpful/", centre.rate, name="help_rate"),
            ]
        ),
    ),
]
