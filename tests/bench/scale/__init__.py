"""A lab of 1,000 simulated boards on this computer: python -m tests.bench.scale."""
