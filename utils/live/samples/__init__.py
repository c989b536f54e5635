"""What the board measures, sample by sample.

script.py    the loop that runs on the board; block.py cuts its text
measures.py  a block -> values and counts, by the parsers that judge; series.py what can be charted
codes.py     what is told by code
history.py   the samples of one device, over reboots
sampler.py   one loop for all who look; hurry.py a faster one for a wiggle test; clock.py the device's clock
wiggle.py    what changed while a connector was moved; wiggles.py the tests under way
"""
