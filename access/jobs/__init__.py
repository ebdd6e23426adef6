"""Jobs: requests whose work is long, done by a worker while whoever asked looks after something else."""
