"""The bands in which random weights must lie, and how sure they are."""

from grader.judge import Band

# A right answer leaves a band of 5.5 standard errors once in 2.6e7 (two-sided normal tail, 3.8e-8), so 25 bands of
# one run are left less than once in 1e6. The binomial share below is a little skewed, so it gets 6 (2e-9).
SURE = 5.5
SURER = 6.0
BEYOND = 0.0455
"""The share of normal numbers more than two standard deviations from their mean."""


def normal_bands(name, weight, std):
    """Bands for a tensor of independent normal numbers with mean 0 and that standard deviation.

    n numbers have a mean with the standard error std / sqrt(n), a standard deviation with std / sqrt(2n), and a
    share p beyond two standard deviations with sqrt(p (1 - p) / n). Of uniform numbers none lies beyond.
    """
    n = weight.numel()
    weight = weight.double()
    share = SURER * (BEYOND * (1 - BEYOND) / n) ** 0.5
    return {
        f"mean of {name}": Band(weight.mean().item(), -SURE * std / n**0.5, SURE * std / n**0.5),
        f"standard deviation of {name}": Band(
            weight.std().item(), std * (1 - SURE / (2 * n) ** 0.5), std * (1 + SURE / (2 * n) ** 0.5)
        ),
        f"share of {name} beyond two standard deviations": Band(
            (weight.abs() > 2 * std).double().mean().item(), BEYOND - share, BEYOND + share
        ),
    }
