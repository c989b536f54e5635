"""The page that asks for V3_PASSWORD."""
