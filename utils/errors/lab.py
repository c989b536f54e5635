"""Trouble between a hub and its benches."""

from __future__ import annotations

from utils.errors.base import V3Error


class LabTrouble(V3Error):
    code = "lab"
    default_message = "The lab failed inside this program."
    default_hint = "app.log has the details. Please report it."


class WireTrouble(LabTrouble):
    code = "lab-wire"
    default_message = "What came from the other side of the lab cannot be read."
    default_hint = "Bring hub and bench to the same version of this program."


class OtherVersion(WireTrouble):
    code = "lab-version"
    default_message = "Hub and bench have versions of this program that are too far apart."


class UnknownStation(LabTrouble):
    code = "unknown-station"
    default_message = "No bench of this name was invited."
    default_hint = "v3 hub stations lists those that were."


class UnknownErrand(LabTrouble):
    code = "unknown-errand"
    default_message = "Nothing of this id waits for a board."
    default_hint = "The page Lab lists what waits. Reload it."


class UnknownCampaign(LabTrouble):
    code = "unknown-campaign"
    default_message = "No campaign of this hub has this id."
    default_hint = "The page Campaigns lists those that it keeps."


class NotConnected(LabTrouble):
    code = "lab-away"
    default_message = "There is no connection to the lab at the moment. Nothing was sent."
    default_hint = "It is made again by itself once the hub can be reached."
    retryable = True


class StationAway(LabTrouble):
    """details: since (ISO 8601; None: it never was)."""

    code = "station-away"
    default_message = "This bench is not connected to the hub. Nothing was sent."
    default_hint = "Look whether the bench's program runs and its network is there."
    retryable = True


class LookRefused(LabTrouble):
    code = "look-refused"
    default_message = "This is done at the bench, not through the lab."
    default_hint = "Open the board's page at its bench."


class HubHasNoBoards(LabTrouble):
    code = "hub-no-boards"
    default_message = "This program is a hub. Its boards are at its benches."
    default_hint = "Open Lab and choose a board."


class NoAnswer(LabTrouble):
    code = "no-answer"
    default_message = "The other side of the lab did not answer in time."
    default_hint = "Its program is busy, or the network between is slow or cut."
    retryable = True
