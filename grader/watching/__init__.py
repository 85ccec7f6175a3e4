"""`grader watch`: save the file, see the verdict. seat.py says what follows from what happens; READ IT FIRST."""
