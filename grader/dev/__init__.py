"""For authors: make the exercises from the solutions, and prove that the course holds."""
