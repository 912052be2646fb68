"""The researcher's side: accounts, dashboard, answers, replay, notes."""
