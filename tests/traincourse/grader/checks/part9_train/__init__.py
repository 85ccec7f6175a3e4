"""A tiny part that is trained, to drive the real command in tests"""
