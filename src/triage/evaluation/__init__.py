"""Measuring: arrays to reports. With model, the only importer of scikit-learn."""
