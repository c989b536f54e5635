"""Cases: work orders, notes and photos of a board, and the report that is handed over."""
