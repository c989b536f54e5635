"""Behind the SSH door. Only utils.ssh_interface imports this package (and the demo device its scripts).

link.py        one persistent connection, built lazily, rebuilt when it dies
attempt.py     one try: handshake, host key policy, login, identity
refusals.py    refused logins rest
door.py        the only way to the device of one place; reach.py how its target is reached, by both paths
transport.py   handshake, host key, login; paramiko's exceptions -> ours
sockets.py     the TCP connection under it; the system's exceptions -> ours
login.py       what is offered, in which order; userauth.py the protocol of it
credentials.py what there is to offer; keyfile.py and sealedkey.py the key file, agentkeys.py the agent's
prompts.py     what a prompt is for; question.py what a person is asked; loginwords.py what a refusal says
lanes.py       long-lived shells and one-command channels; pipe.py the channel under them
opening.py     the proof that our script reads a channel; challenge.py its question and answer
ending.py      how a command that was sent ends
frames.py      a command's output cut out of a lane's streams (pure)
scripts.py     the text that runs on the device; sudo.py how sudo gets its password
inbox.py       what wakes a waiting call; readahead.py the socket under the transport
liveness.py    an answered probe; notices a dead peer
watcher.py     one thread for all links; carrier.py whether the cable is in
names.py       host names -> addresses, within a bound; through.py how ssh leaves by a chosen interface
keeper.py      reconnects in the background while somebody looks
laptoplimits.py no files, processes or threads left on this laptop
largepackets.py whether large packets are lost while small ones pass
flapping.py    the pause before a link that did not last
fallback.py    which failures the second path may answer
hostkeys.py    who is plugged in; keytypes.py which of its keys is asked for first
openssh.py     the subprocess path; private.py its folder; turns.py one login at a time
sshcall.py     one process of it; sshchannel.py a command, sshterminal.py a PTY over it
standing.py    who answers there, once per login
askpass.py     what ssh asks there; askpass_client.py runs beside ssh
algorithms.py  none in common: what a device offers (pure); greeting.py the lines before its version
terminal.py    a PTY; stream.py a command that goes on
obstacles.py   why there is no shell, no terminal, no root: the device's words -> cause and next step
ladder.py      where the way to the device stops; rungs.py its names, laptop.py the laptop's side
chosen.py      that side where SSH_IP names the interface; iptool.py and usb.py what both look at
"""

from __future__ import annotations

import threading

LOADING = threading.RLock()
"""Held by who loads what brings paramiko, which is not loaded with the door: two threads that load two of
its modules at once would each find half of it."""
