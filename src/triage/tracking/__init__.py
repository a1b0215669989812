"""Runs in MLflow: what is kept of a training, the registry, and the model as MLflow serves it."""
