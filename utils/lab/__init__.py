"""The lab: benches in several rooms, one hub. The only room that knows NATS.

wire.py         what hub and station say to each other, and how strangers' bytes are read
subjects.py     who may send what where
invitation.py   the file that lets a bench join
link.py         one connection to NATS in a thread of its own, behind plain calls
register.py     which benches were invited
server.py       nats-server as a child, and the configuration that the hub writes
certificate.py  the certificate that stations pin

Everything here is loaded only by a program that is a hub or a station.
"""
