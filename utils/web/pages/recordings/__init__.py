"""The soak recorder's API and its report; it has no page of its own."""
