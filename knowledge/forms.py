"""What agents and admins write about articles."""

from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from connectors.models import Brand
from customers.models import Tier
from knowledge.models import Article, ArticleVersion, Category, KnowledgeSettings

_AREA = {"rows": 18, "class": "form-control mono"}


class TextForm(forms.Form):
    """One language's words."""

    title = forms.CharField(label=_("Title"), max_length=160)
    body = forms.CharField(
        label=_("Text"),
        max_length=50_000,
        widget=forms.Textarea(attrs=_AREA),
        help_text=_("Markdown: ## heading, **bold**, - list, [words](address), | tables |."),
    )

    def __init__(self, *args: Any, version: ArticleVersion | None = None, **kwargs: Any) -> None:
        if version:
            kwargs["initial"] = {"title": version.title, "body": version.body}
        super().__init__(*args, **kwargs)


class AboutForm(forms.Form):
    """Where an article stands, and who may read it."""

    category = forms.ModelChoiceField(
        Category.objects.none(), label=_("Category"), empty_label=_("Choose a category")
    )
    audience = forms.ChoiceField(label=_("Who may read it"), choices=Article.Audience)
    tiers = forms.ModelMultipleChoiceField(
        Tier.objects.all(),
        label=_("Tiers"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("None chosen: customers of all tiers."),
    )
    notes = forms.CharField(
        label=_("Internal notes"),
        required=False,
        max_length=5_000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("Only those who write articles see them."),
    )

    def __init__(self, *args: Any, article: Article | None = None, **kwargs: Any) -> None:
        if article:
            kwargs["initial"] = {
                "category": article.category_id,
                "audience": article.audience,
                "tiers": list(article.tiers.all()),
                "notes": article.notes,
            }
        super().__init__(*args, **kwargs)
        field = self.fields["category"]
        field.queryset = Category.objects.select_related("parent", "brand")
        field.label_from_instance = path_of


class NewArticleForm(AboutForm, TextForm):
    language = forms.ChoiceField(label=_("Language"), choices=settings.LANGUAGES)
    field_order = ["title", "body", "language", "category", "audience", "tiers", "notes"]


class PublishForm(forms.Form):
    """Dates of the reader's own time zone."""

    publish_at = forms.DateTimeField(
        label=_("Shown from"),
        required=False,
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}),
        help_text=_("Empty: at once."),
    )
    expire_at = forms.DateTimeField(
        label=_("Shown until"),
        required=False,
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}),
        help_text=_("Empty: until it is retired."),
    )


class CategoryForm(forms.Form):
    brand = forms.ModelChoiceField(
        Brand.objects.order_by("name"),
        label=_("Brand"),
        required=False,
        empty_label=_("Every brand"),
    )
    parent = forms.ModelChoiceField(
        Category.objects.none(),
        label=_("Stands in"),
        required=False,
        empty_label=_("Nothing: it is on the start page"),
    )

    def __init__(self, *args: Any, category: Category | None = None, **kwargs: Any) -> None:
        if category:
            kwargs["initial"] = {"brand": category.brand_id, "parent": category.parent_id} | {
                f"name_{code}": category.names.get(code, "") for code, _name in settings.LANGUAGES
            }
        super().__init__(*args, **kwargs)
        tops = Category.objects.filter(parent=None)
        if category:
            tops = tops.exclude(pk=category.pk)
        self.fields["parent"].queryset = tops
        for code, name in settings.LANGUAGES:
            self.fields[f"name_{code}"] = forms.CharField(label=name, max_length=60, required=False)

    @property
    def names(self) -> list[forms.BoundField]:
        return [self[f"name_{code}"] for code, _name in settings.LANGUAGES]

    def clean(self) -> dict[str, Any]:
        given: dict[str, Any] = super().clean() or {}
        names = {code: given.pop(f"name_{code}", "") for code, _name in settings.LANGUAGES}
        return given | {"names": {code: name for code, name in names.items() if name}}


class ImportForm(forms.Form):
    file = forms.FileField(
        label=_("Markdown, HTML, CSV or ZIP file"),
        widget=forms.FileInput(attrs={"accept": ".md,.markdown,.html,.htm,.csv,.zip"}),
    )
    category = forms.ModelChoiceField(
        Category.objects.none(),
        label=_("Category"),
        empty_label=_("Choose a category"),
        help_text=_("For articles that name no category of ours."),
    )
    language = forms.ChoiceField(
        label=_("Language"),
        choices=settings.LANGUAGES,
        help_text=_("For articles that do not say theirs."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["category"]
        field.queryset = Category.objects.select_related("parent", "brand")
        field.label_from_instance = path_of


class ControlForm(forms.Form):
    percent = forms.IntegerField(
        label=pgettext_lazy("suggestions", "Tickets without suggestions, in percent"),
        min_value=0,
        max_value=100,
        help_text=_("To compare with: so many of a hundred tickets get none."),
    )


class GateForm(forms.Form):
    gate = forms.ChoiceField(
        label=_("When an article is not found by its test questions"),
        choices=KnowledgeSettings._meta.get_field("test_gate").choices,
    )


def path_of(category: Category) -> str:
    names = [str(category.parent)] if category.parent else []
    names.append(str(category))
    return " › ".join(names) + (f" ({category.brand})" if category.brand else "")
