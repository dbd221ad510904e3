"""Advice and warnings by device: sentences that name an action, only where they apply."""
