"""The shop's macros, in the languages of its customers."""

from accounts.models import Team, User
from helpdesk.demo.telling import read_content
from tickets import actions


def write_macros(teams: dict[str, Team], *, actor: User) -> None:
    for position, row in enumerate(read_content("macros")):
        team = teams[row["team"]] if row.get("team") else None
        actions.save_macro(
            None,
            actor=actor,
            name=row["name"],
            shortcut=row["shortcut"],
            language=row.get("language", ""),
            body=row.get("body", ""),
            is_note=row.get("note", False),
            is_public=row.get("public", False),
            actions=row.get("actions", []),
            condition=row.get("when", {}),
            team=team,
            position=position,
        )
