"""Reports that a customer may see: of a check-up, as HTML, PDF, JSON and CSV. Nothing is run for them."""
