"""Journeys through the built client in a real browser."""
