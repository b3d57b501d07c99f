"""The platform and the receiver that we ship: honest, durable implementations of any contract value, and what the suite is tried on.

Law: nothing here imports rules, judge or our own signing; the accused shares no code with its judges.
"""
