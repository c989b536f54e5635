"""Memory: what every run, check-up and recording left, by board. SQLAlchemy Core on SQLite or PostgreSQL.

history.py    the face: keep a record, look records up
writer.py     the one thread that writes, and how long anybody waits for it
telling.py    what is said once a record is kept
ledger.py     a record into tables
interrupted.py  check-ups whose program was killed; holder.py: which program runs one
outbox.py     which records the hub of a lab has not
given.py      what it had and may have lost
exchange.py   what goes to a hub, and what comes from stations
said.py       what check-ups found, for a table of many boards
cases.py      cases, notes and photos
evidence.py   what was printed, compressed and kept once
snapshot.py   the whole of it in one file, and back
database.py   opening, migrating, and what a database's errors mean
schema.py     the tables

Loaded beside the first page. The rest of the program may import history.py alone, which imports the others
when it is first used.
"""
