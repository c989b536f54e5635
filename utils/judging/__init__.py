"""Text in, verdict out. Pure.

judge.py       saved text -> Result: parser, plausibility, verdict
result_of.py   what the door answered -> Result, redacted
verdict.py     checks and a reading -> findings and a verdict
templates.py   a sentence of the catalogue, filled with what was read
plausible.py   what a reading cannot hold
causes.py      why a check could not be made -> how to get it made
guard.py       a device's text, cut to what is judged
catalogue/     what can be run, as data: diagnostics, limits, kernel messages, profiles
parsers/       one parser a file: text -> reading
"""
