"""`python -m bench`: how fast it is, each case beside its ceiling (docs/bench.md)."""
