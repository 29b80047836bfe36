"""From one source to the notebooks people open, and to pages they read. Authors only."""
