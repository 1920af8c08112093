"""Retention periods: the days from which records are counted, closed and destroyed for everybody at once."""
