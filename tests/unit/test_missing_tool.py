"""Every wording that says "the tool is not there" is a skip, on stdout or stderr, with any exit status."""

from __future__ import annotations

import pytest

from utils.judge import judge

WORDINGS = (
    "bash: line 12: ethtool: command not found",
    "bash: /usr/sbin/ethtool: No such file or directory",
    "dash: 1: ethtool: not found",
    "mksh: ethtool: inaccessible or not found",
    "tcsh: ethtool: Command not found.",
    "zsh:1: command not found: ethtool",
    "fish: Unknown command: ethtool",
    "/usr/bin/env: \u2018ethtool\u2019: No such file or directory",
    "stdbuf: failed to run command 'ethtool': No such file or directory",
    "ionice: failed to execute ethtool: No such file or directory",
    "sudo: unable to resolve host v3: Name or service not known\nsudo: ethtool: command not found",
    "The program 'ethtool' is currently not installed. Install it by:\nsudo apt-get install it",
    "Absolute path to 'ethtool' is '/usr/sbin/ethtool', so it might be intended only for superuser",
    "\x1b[31mbash: ethtool: command not found\x1b[0m",
    "bash: ethtool: Kommando nicht gefunden.",
    "bash: ethtool : commande introuvable",
    "sudo: ethtool\uff1a\u627e\u4e0d\u5230\u547d\u4ee4",
)
NOT_MISSING = (
    "bash: /etc/v3/settings: No such file or directory",
    "sudo: unable to open /run/sudo/ts/ubuntu: No such file or directory",
    "bash: /usr/sbin/ethtool: Permission denied",
)


@pytest.mark.parametrize("text", WORDINGS)
def test_a_missing_tool_is_skipped(text: str) -> None:
    for stdout, stderr, exit_status in ((text, "", 127), ("", text, 1), (text + "\n", "", 0)):
        assert judge("ethernet-link", stdout, stderr, exit_status).verdict == "skip"


@pytest.mark.parametrize("text", NOT_MISSING)
def test_other_complaints_are_unknown(text: str) -> None:
    assert judge("ethernet-link", "", text, 1).verdict == "unknown"
