"""Rows in and out of files of any kind and size, whatever is in them."""
