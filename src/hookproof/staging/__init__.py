"""Joins target, listener, generators and clock into situations, and keeps the run's transcript.

This room lies between the doors and the outside: suites describe situations in its words.
"""
