"""Whose pages customers are on."""

from django.conf import settings
from django.shortcuts import get_object_or_404

from connectors.models import Brand


def find_brand(slug: str) -> Brand:
    """Without its picture, which only one address needs."""
    return get_object_or_404(Brand.objects.defer("logo"), slug=slug)


def languages_of(brand: Brand) -> list[tuple[str, str]]:
    """Those the brand speaks; all of ours where it names none."""
    spoken = [one for one in settings.LANGUAGES if one[0] in (brand.languages or [])]
    return spoken or list(settings.LANGUAGES)
