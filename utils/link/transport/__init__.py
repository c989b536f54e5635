"""From the socket to encryption, over paramiko.

handshake.py      an authenticated transport, or why there is none; paramiko's exceptions -> ours
transport.py      the transport: packets, sessions, its end
sockets.py        the TCP connection; the system's exceptions -> ours
readahead.py      the socket as the transport reads it
greeting.py       the lines before the server's version
algorithms.py     none in common: what a device offers (pure)
large_packets.py  whether large packets are lost while small ones pass
"""
