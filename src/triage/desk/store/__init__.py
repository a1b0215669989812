"""What the desk keeps: its tables and their migrations, the audit log, backups."""
