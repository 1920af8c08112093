"""Benchmarks: each file answers one question, as ratios in one run on one server."""
