"""A log as it grows.

source.py   the script that follows a log from a place
decode.py   bytes -> lines and a position
intake.py   lines numbered, known messages marked, floods bounded
follow.py   one log over lost links and reboots; lines.py what is kept of it; logs.py all logs of a bay
"""
