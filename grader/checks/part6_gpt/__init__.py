"""GPT: attention

Sections in the order of the exercises: text as numbers (s1), averages of the past (s2), attention and the layers made
from it (s3, s4, s5), the block (s6), the whole model (s7), the model at work (s8), and attention backwards (s9).
`modules.py` holds what probes do with a layer, `inputs.py` draws weights and judges dropout, `wrong.py` holds an
attention that can be wrong in many ways.
"""
