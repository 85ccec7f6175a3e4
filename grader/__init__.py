"""The grader of the exercises. Start reading at pipeline.py."""
