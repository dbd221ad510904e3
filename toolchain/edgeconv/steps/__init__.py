"""The steps of the road: each calls one station and notes in the road's state what came of it."""
