"""Train a student to predict like its teacher."""
