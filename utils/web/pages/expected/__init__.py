"""What one board should have, set from any page."""
