"""Who is plugged in: host_keys.py the policy, known_devices.py its file, key_types.py what is asked for."""
