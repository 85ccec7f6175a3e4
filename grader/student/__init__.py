"""The untrusted side: what runs in the student's process. It imports nothing of reference/."""
