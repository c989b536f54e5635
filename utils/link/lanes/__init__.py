"""Commands on the device.

lanes.py      long-lived shells, and one-command channels; pipe.py the channel under them
opening.py    the proof that our script reads a channel; challenge.py its question and answer
ending.py     how a command that was sent ends
frames.py     a command's output cut out of a lane's streams (pure)
scripts.py    the text that runs on the device
inbox.py      what wakes a waiting call
"""
