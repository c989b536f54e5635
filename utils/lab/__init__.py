"""The lab: benches in several rooms, one hub. The only room that knows NATS.

wire.py         what hub and station say to each other, and how strangers' bytes are read
subjects.py     who may send what where
invitation.py   the file that lets a bench join
link.py         one connection to NATS in a thread of its own, behind plain calls
joining.py      what this program is in a lab; imports nothing of NATS by itself
station.py      a bench that joined: tells what is on it, is called, sends its results
callbox.py      what a station answers to a call
begun.py        what a call began: a check-up or a recording
hub_clock.py    until when a call counts, whatever the clocks of day say
outbox.py       what a station sends of its history, in order, until the hub has it
added.py        cases, notes, photos and golden marks as they are sent, and back
records.py      a record of the history as it is sent, and back
hub.py          the hub: who is here, calls, what arrives
look.py         what a page of the hub asks of a board through its station; pure
window.py       a station's side of that: the bench's own pages answer
looking.py      the hub's side of it, while somebody looks
tasks.py        one thing to do on one board, once, and what became of it; pure
errands.py      check-ups that wait for their board: a list that survives the hub
campaigns.py    steps over many boards in waves: what is next; pure
campaigning.py  the campaigns of a hub, kept; journal.py: their files; campaign_view.py: in words
returning.py    sends tasks when their boards are there
fleet.py        boards that were called together, as columns of a matrix
tags.py         words to choose boards by
overview.py     what the hub's page shows
presence.py     which stations are here, and what became of calls; no I/O
arrivals.py     records of stations into the hub's history
settling.py     what became of calls, by those records
storage.py      whether the hub's history takes records at the moment
verdicts.py     what it has as the newest verdict of a board
register.py     which benches were invited
people.py       who may use the hub's page; passwords.py: argon2
oidc.py         logins at a provider
tally.py        what is counted, and how many words labels have
metrics.py      what Prometheus is told
server.py       nats-server as a child, and the configuration that the hub writes
again.py        what a restored hub lacks, before anything new
backup.py       the hub in one file, and back; restored.py: what is not begun again
certificate.py  the certificate that stations pin

Everything here is loaded only by a program that is a hub or a station.
"""
