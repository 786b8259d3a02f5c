"""What the integration tests may ask for besides the servers of tests/support/stack.py."""

from tests.support.intake import intake

__all__ = ["intake"]
