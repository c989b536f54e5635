"""A bundle: what history and laptop hold of one board, in one zip that opens alone.

contents.py    what goes in, and its files
document.py    bundle.json: its shape and version
packing.py     the zip as a stream, its size beforehand, its caps
index.py       index.html, which needs neither network nor script
sealing.py     the passphrase (age)
age.py         its work, as a process
reading.py     a file of a stranger -> Bundle, or why not
replacing/     what tells who and where: found, listed, replaced by tokens of the same form

Pure but for the map of tokens and the process of age.py. Knows no Flask, no history and no device:
bench/bundles.py brings what goes in.
"""
