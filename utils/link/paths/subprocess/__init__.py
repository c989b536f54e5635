"""The subprocess path: the system's `ssh`, pinned to one key.

path.py        it as a path of the door: turns, refusals, the state it shows
openssh.py     its calls, pinned to one key; one login at a time (turns.py)
arguments.py   what it is told; process.py a process of it
server_key.py  which key the server shows
call.py        one process of it; channel.py a command, terminal.py a PTY over it
standing.py    who answers there, once per login
askpass.py     what ssh asks; askpass_client.py runs beside ssh
private.py     its private folder; through.py how ssh leaves by a chosen interface
"""
