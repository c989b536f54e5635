"""What a technician watches rather than reads: samples, logs, terminals. Over the one link, for all viewers.

Each part keeps what the device sent for a while and publishes it on a feed of the bus. It runs on the device
only while somebody looks, and asks the device only through the door. Nothing here knows HTTP or paramiko, and
nothing here judges.
"""
