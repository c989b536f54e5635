"""The text that takes each of the slowest parsers longest, and a diagnostic that prints it."""

from __future__ import annotations

SIZE = 2 << 20
WORST = {
    "mounts": " " * 65_536 + "\n",
    "boot_blame": "1s 2s 3min 4ms " * 40 + "x\n",
    "df": "/dev/mmcblk0p1" + " " * 250 + "x\n",
    "emmc_wear": "mmcblk0 0x01 " + " " * 250 + "\n",
    "proc_net_dev": "eth0: " + "1 " * 14 + "\n",
    "boot_time": "Startup finished in " + "1s " * 500 + "\n",
    "journal_errors": '{"MESSAGE": "x", "PRIORITY": "3", "_COMM": "y"}\n',
    "meminfo": "MemTotal: " + "1" * 290 + " kB\n",
}
OWN = """
[[diagnostic]]
id = "worst-{number}"
title = "Worst text for {parser}"
category = "memory"
command = "cat {parser}"
parser = "{parser}"
why = "It is the worst text for this parser."
next_step = "Nothing is to be done."
"""
