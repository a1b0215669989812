"""Reading: raw text to a spaCy Doc with cues, context and leads found. The only importer of spaCy."""
