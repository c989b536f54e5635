"""What a person may do at the hub of a lab. Each role may do what the ones before it may."""

from __future__ import annotations

from enum import StrEnum


class Role(StrEnum):
    """ANYBODY is nobody's role: it marks what is open before a login."""

    ANYBODY = "anybody"
    VIEWER = "viewer"
    TECHNICIAN = "technician"
    ADMIN = "admin"

    def covers(self, least: Role) -> bool:
        """Whether this role may do what needs that one."""
        return _ORDER[self] >= _ORDER[least]

    @property
    def told(self) -> str:
        """What it may do, for people."""
        return _TOLD[self]


_ORDER = {role: place for place, role in enumerate(Role)}
_TOLD = {
    Role.ANYBODY: "may log in",
    Role.VIEWER: "may look",
    Role.TECHNICIAN: "may look and run",
    Role.ADMIN: "may look, run, and manage people",
}
GIVEN = (Role.VIEWER, Role.TECHNICIAN, Role.ADMIN)
"""The roles that a person can have."""

SCOPES = {"read": Role.VIEWER, "run": Role.TECHNICIAN, "admin": Role.ADMIN}
"""What a token is for: the most that it may do, whatever its person may."""


def lesser(one: Role, other: Role) -> Role:
    """Of two roles the one that may do less."""
    return one if other.covers(one) else other
