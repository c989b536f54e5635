"""The page Logs: logs of the device as they grow."""
