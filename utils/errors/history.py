"""Why the history cannot be used."""

from __future__ import annotations

from utils.errors.base import V3Error


class HistoryTrouble(V3Error):
    """details: name (of the file or server), cause (the foreign exception's type)."""

    code = "history"
    default_message = "The history failed inside this program."
    default_hint = "app.log has the details. Please report it."


class HistorySlow(HistoryTrouble):
    code = "history-slow"
    default_message = "The history did not answer within half a second."
    default_hint = "Its disk is slow, or another program holds it. The record is kept as soon as it answers."
    retryable = True


class HistoryLocked(HistoryTrouble):
    code = "history-locked"
    default_message = "Another program holds the history locked."
    default_hint = "End the other program that uses this data folder."
    retryable = True


class HistoryFull(HistoryTrouble):
    code = "history-full"
    default_message = "The disk that holds the history is full."
    default_hint = "Make room on it, or choose another folder with V3_DATA_DIR."
    retryable = True


class HistoryUnreachable(HistoryTrouble):
    code = "history-unreachable"
    default_message = "The history cannot be opened, read or written."
    default_hint = "Check V3_DATA_DIR and its permissions; with V3_DATABASE_URL, the server and its login."
    retryable = True


class HistoryDamaged(HistoryTrouble):
    code = "history-damaged"
    default_message = "The history is damaged, or it is no history of this program."
    default_hint = "Move history.db out of the data folder; a new one is begun. Known devices stay."


class HistoryNewer(HistoryTrouble):
    code = "history-newer"
    default_message = "A newer version of this program wrote the history. It was not touched."
    default_hint = "Start that version, or move history.db out of the data folder; a new one is begun."
