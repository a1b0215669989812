"""Deciding: what was read to categories, urgency and evidence.

With evaluation, the only importer of scikit-learn.
"""
