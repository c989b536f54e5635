"""Behind the SSH door. Only utils.ssh_interface imports this package (and the demo device its scripts).

door.py        the only way to the device of one place: run, stream, terminal, status, trust, ladder
reach.py       how its target is reached now, by the paths in their order
request.py     one command on its way: its deadline, its device, its cancel
fallback.py    which failures the next path may answer
breaker.py     three failures of the persistent path in a row: straight to the other one for a while
batch.py       many commands in one go, two at a time
stream.py      a command that goes on
identity.py    who is plugged in: the question and how its answer is read (pure)
obstacles.py   why there is no shell, no terminal, no root: the device's words -> cause and next step (pure)
sudo.py        how sudo gets its password, when it asks
watcher.py     one thread that looks after all links
paths/         persistent: the paramiko link; subprocess: the system's ssh
lanes/         commands on the device: shells that live long, their proof, their frames
login/         what is offered in which order, what a person is asked, what a refusal says
transport/     socket, greeting, encryption; paramiko's exceptions -> ours
trust/         who is known, by which key
ladder/        where the way to the device stops, rung by rung
"""

from __future__ import annotations

import threading

LOADING = threading.RLock()
"""Hold this while importing a module that imports paramiko: two threads that import two of them at once would
each see a half-initialised package."""
