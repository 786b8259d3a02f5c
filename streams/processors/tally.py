"""What do the contacts amount to?

Folds `contacts` partition by partition and says, for each batch: how many people called in which
second (`pulses`), what each queue amounts to (`queues`), and who needs a callback or was served
after all (`overflow`). All of it is cumulative or has derived ids, so saying it again is harmless.
"""

import logging
import time
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from itertools import batched
from typing import Final

