"""Servers beside ours: the floor, and what a tutorial would build."""
