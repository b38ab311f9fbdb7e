"""Names of roles for pages."""

from django import template

from accounts.queries import role_name as name_of_role

register = template.Library()


@register.filter
def role_name(names: str) -> str:
    """The roles we ship in the reader's language; several are separated by commas."""
    return ", ".join(name_of_role(name) for name in names.split(", ")) if names else ""
