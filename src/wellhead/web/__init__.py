"""What every server shares: the outer wall around an application.

It knows no room: how a refusal is worded is an argument.
"""
