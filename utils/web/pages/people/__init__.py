"""The pages People and Your account."""
