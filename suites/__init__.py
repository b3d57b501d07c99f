"""What we ask of implementations: situations to stage and items to judge. No provider and no event type is ever named here."""
