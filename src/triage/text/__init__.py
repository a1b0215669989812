"""Reading: raw text to keys, cues and context; and identifiers. The only importer of spaCy."""
