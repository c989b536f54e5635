"""The command line. It stands on the bench (utils/bench/startup), never on the web app.

__main__     `v3`, also `python -m utils.cli`
for_flask    the same commands as `flask --app app …`; given: what create_app() was told
commands     what can be asked; each makes a document. bundle: those that make and open bundles
options      what several commands share
documents    what a command has to say, whatever the format; also checkups, history, compare, bundle_documents
formats      the table of formats: text, json, junit, csv
report       text for a terminal, and JUnit XML
command      no traceback, exit status 3 for trouble, what trouble says
work         the core behind a command: start, connect, ask, wait
hub, hub_users  which benches may join this hub's lab, and who may use its page
library      the catalogue that judges without a device
normal       what is normal for the board of saved text
"""
