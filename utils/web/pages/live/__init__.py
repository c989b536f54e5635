"""The page Live: charts of what the device measures."""
