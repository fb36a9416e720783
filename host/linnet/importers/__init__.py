"""Readers of model files; each gives a Graph."""
