"""A backlog on its way: from what was named, through workers, to what is kept and ranked on disk."""
