"""How fast, against whom: `make bench`. Needs root, openssh and the peers of requirements.txt."""
