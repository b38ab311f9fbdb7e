"""Who gets what, decided without a database: the same core serves days, tests and simulations."""
