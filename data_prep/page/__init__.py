"""The report as a page: one HTML file that asks the network for nothing."""
