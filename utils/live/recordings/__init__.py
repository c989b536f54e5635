"""Recordings of what is watched live.

recorder.py  begins, ends, lists, reads; lines.py the lines of a file, checked
soak.py      what happened in it, by the catalogue's limits; picture.py its charts
"""
