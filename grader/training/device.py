"""The device a training runs on, by the names that students know."""

import hashlib
import platform

import torch

from grader.errors import UsageError


def chosen(name: str) -> str:
    """`cpu`, `cuda` or `mps`; `auto` is the best there is. Raises UsageError where it is not there."""
    there = {"cpu": True, "cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available()}
    if name == "auto":
        return next(device for device in ("cuda", "mps", "cpu") if there[device])
    if not there[name]:
        raise UsageError(f"torch sees no device {name!r} here. Say --device cpu, or leave it out.")
    return name


def described(device: str) -> str:
    """The device with its model and its threads, for reports and the record book."""
    if device == "cuda":
        return f"cuda ({torch.cuda.get_device_name()})"
    return f"{device} ({_processor()}, 1 thread)" if device == "cpu" else device


def fingerprint(device: str) -> str:
    """What a measured time depends on, in a few letters: machine, device, torch."""
    facts = f"{platform.node()}|{_processor()}|{described(device)}|{torch.__version__}|{platform.python_version()}"
    return hashlib.sha256(facts.encode()).hexdigest()[:12]


def _processor() -> str:
    try:
        with open("/proc/cpuinfo") as lines:
            return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "")
    except OSError:
        return platform.processor() or platform.machine()
