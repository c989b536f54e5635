"""What this laptop sees: interfaces, USB, cables, routes. Nothing here talks SSH.

interfaces.py  find an interface, bind a socket to it, by system
network.py     the laptop's side of the ladder; chosen.py that side where SSH_IP names the interface
usb.py         the boards on USB; usb_budget.py how many fit on a controller
cable.py       whether the cable is in
tcp.py         whether the other end of a process's connection takes nothing
names.py       host names -> addresses, within a bound
iptool.py      what Linux' `ip` tells
limits.py      no files, processes or threads left
child.py       child processes: their environment, their end
"""
