"""The command line, on the bench alone: commands.py what there is, report.py how results look."""
