"""The ways to a device: persistent/ is one connection that stays, subprocess/ the system's ssh."""
