"""What is told of the work: shift report, trends, exports, labels for training."""
