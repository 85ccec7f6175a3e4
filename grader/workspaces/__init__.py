"""A student's workspace: made, brought up to date, and set back to what was shipped. Nothing in it is ever lost."""
