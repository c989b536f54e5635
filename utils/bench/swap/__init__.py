"""The swap test: two parts change places, and the fault shows what it follows.

parts.py     what can be swapped, and how a person does it
proof.py     readings in, answer out
choices.py   which faults of the bench can be followed, and what a result says about one thing
leading.py   one test under way: reads, counts, ends
"""
