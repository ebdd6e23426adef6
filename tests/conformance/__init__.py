"""Long campaigns against the outside world; a small sample of each is part of every test run."""
