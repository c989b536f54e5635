"""What flows through the product: frozen, no I/O, no clock."""
