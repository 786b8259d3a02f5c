"""How is a number, or a refused event, kept so that only a holder of the key can read it?

The same way on both sides of the log: see `streams.sealing`.
"""

from streams.sealing import KEY_BYTES, NONCE_BYTES, CannotOpenError, Sealer, read_keys

__all__ = ["KEY_BYTES", "NONCE_BYTES", "CannotOpenError", "Sealer", "read_keys"]
