"""One persistent connection, built lazily, rebuilt when it dies.

path.py        the link as a path of the door
terminal.py    a PTY over it
link.py        the connection that all threads share; who builds it, who waits
attempt.py     one try: handshake, host key policy, login, identity
connection.py  an authenticated connection and its lanes
liveness.py    a probe that must be answered; notices a dead peer
reconnect.py   connects again in the background while somebody looks
resting.py     how long it rests after a failed attempt
flapping.py    the pause before a link that did not last
"""
