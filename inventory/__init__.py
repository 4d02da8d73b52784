"""Everything scarce is a pool, and every claim on it is a hold. Imports nothing else of ours."""
