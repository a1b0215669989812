"""Who works at the desk: accounts, roles, sign-ins, tokens of other software, settings."""
