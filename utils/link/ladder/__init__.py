"""Where the way to the device stops: ladder.py goes from the laptop's USB to the device's clock."""
