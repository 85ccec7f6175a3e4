import pytest
import torch


@pytest.fixture
def float64():
    """What is compared here is compared in float64, layers of torch too."""
    torch.manual_seed(7)
    torch.set_default_dtype(torch.float64)
    yield
    torch.set_default_dtype(torch.float32)
