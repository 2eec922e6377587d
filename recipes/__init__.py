"""Applications: recipes set up for one real job each."""
