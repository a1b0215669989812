"""How complaints come in: read, kept with their identifiers, uploaded, watched for."""
