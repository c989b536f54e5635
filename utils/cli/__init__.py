"""The command line. It stands on the bench (utils/bench/startup), never on the web app.

__main__     `v3`, also `python -m utils.cli`
for_flask    the same commands as `flask --app app …`
commands     what can be asked; each makes a document
documents    what a command has to say, whatever the format; also checkups, history
formats      the table of formats: text, json, junit, csv
report       text for a terminal, and JUnit XML
command      no traceback, exit status 3 for trouble, what trouble says
settings     the settings and the catalogue that a command starts from
normal       what is normal for the board of saved text
work         the core behind a command: start, connect, ask, wait
"""
