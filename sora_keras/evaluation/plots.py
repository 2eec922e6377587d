"""Plots of a report, on figures that pyplot does not know."""
