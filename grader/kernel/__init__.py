"""`%grade` in a notebook: the kernel computes, a process beside it judges. Start reading at extension.py."""
