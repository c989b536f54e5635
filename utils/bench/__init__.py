"""The bench: every place where a board can be plugged in, and what runs for it there.

bay.py     one place: its door, its runner and what is watched there
bench.py   all places of this program, by id

result_text.py   a result as text, for page and command line
"""
