from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from bots.models import Gap
from knowledge.forms import path_of
from knowledge.models import Article, Category


class AcceptForm(forms.Form):
    """The draft as its editor has made it."""

    title = forms.CharField(label=_("Title"), max_length=160)
    body = forms.CharField(
        label=_("Text"),
        max_length=50_000,
        widget=forms.Textarea(attrs={"rows": 12, "class": "form-control mono"}),
        help_text=_("Markdown: ## heading, **bold**, - list, [words](address), | tables |."),
    )
    category = forms.ModelChoiceField(
        Category.objects.none(), label=_("Category"), empty_label=_("Choose a category")
    )
    audience = forms.ChoiceField(label=_("Who may read it"), choices=Article.Audience)

    def __init__(self, *args: Any, gap: Gap | None = None, **kwargs: Any) -> None:
        if gap:
            kwargs["initial"] = {
                "title": gap.draft_title or gap.title[:160],
                "body": gap.draft_body,
            }
        super().__init__(*args, **kwargs)
        field: Any = self.fields["category"]
        field.queryset = Category.objects.select_related("parent", "brand")
        field.label_from_instance = path_of
