"""From the socket to encryption, over paramiko.

transport.py      handshake and host key; paramiko's exceptions -> ours
sockets.py        the TCP connection; the system's exceptions -> ours
readahead.py      the socket as the transport reads it
greeting.py       the lines before the server's version
algorithms.py     none in common: what a device offers (pure)
large_packets.py  whether large packets are lost while small ones pass
"""
