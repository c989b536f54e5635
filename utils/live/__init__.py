"""What a technician watches rather than reads: samples, logs, terminals. Over the one link, for all viewers.

Each part keeps what the device sent for a while, publishes it on a feed of the bus, runs on the device
only while somebody looks, and asks nothing of the device but through the door. Nothing here knows HTTP
or paramiko, and nothing here judges.
"""
