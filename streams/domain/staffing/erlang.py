"""How long do callers wait, and how many give up, when so many counselors answer?

Steady-state formulas of the M/M/n family. `load` is offered load in erlangs (arrival rate times
mean handle time), `servers` are counselors, rates share one unit of time of the caller's choice.

Sources: Erlang B and C, any textbook (recursion of Erlang B; Cooper 1981). Erlang A (patience):
Palm 1957; Mandelbaum and Zeltyn, "Service engineering in action: the Palm/Erlang-A queue".
Garnett, Mandelbaum, Reiman, MSOM 4:208 (2002). Halfin and Whitt, OR 29:567 (1981).
"""

import math
from dataclasses import dataclass

_TAIL = 1e-15
_MAX_QUEUE = 1_000_000


def erlang_b(servers: int, load: float) -> float:
    """Share of contacts blocked when nobody can wait; 0 to 1."""
    inverse = 1.0
    for k in range(1, servers + 1):
        inverse = 1.0 + inverse * k / load
    return 1.0 / inverse


def erlang_c(servers: int, load: float) -> float:
    """Share of contacts that must wait when nobody gives up; 1 when load reaches the servers."""
    if load >= servers:
        return 1.0
    blocked = erlang_b(servers, load)
    return blocked / (1.0 - load / servers * (1.0 - blocked))


def erlang_c_within(servers: int, load: float, handle: float, within: float) -> float:
    """Share answered within `within`, nobody giving up; `handle` is the mean handle time."""
    if load >= servers:
        return 0.0
    return 1.0 - erlang_c(servers, load) * math.exp(-(servers - load) * within / handle)


@dataclass(frozen=True, slots=True, kw_only=True)
class ErlangA:
    """Steady state of M/M/n+M; times in the unit of the rates given.

    `waiting` is P(W > 0), `abandoned` P(abandon), `mean_wait` E[W] over everyone (those who gave
    up too), `queue_length` the mean number waiting, `occupancy` the share of time a counselor is
    busy.
    """

    servers: int
    arrivals: float
    service: float
    patience: float
    waiting: float
    abandoned: float
    mean_wait: float
    queue_length: float
    occupancy: float
    p_all_busy_no_queue: float

    def answered_within(self, within: float) -> float:
        """Share of all contacts answered within that time.

        The density of the offered wait is p(n-1) lambda exp(lambda H(v) - n mu v) with
        H(v) = (1 - e^(-theta v)) / theta (Baccelli and Hebuterne 1981); a caller willing to wait
        longer than v (probability e^(-theta v)) is answered then. Simpson's rule.
        """
        steps = 200
        h = within / steps
        total = sum(
            _simpson_weight(i, steps) * self._density(i * h) * math.exp(-self.patience * i * h)
            for i in range(steps + 1)
        )
        return 1.0 - self.waiting + total * h / 3.0

    def _density(self, v: float) -> float:
        theta = self.patience
        willing = (1.0 - math.exp(-theta * v)) / theta if theta else v
        n_mu = self.servers * self.service
        return n_mu * self.p_all_busy_no_queue * math.exp(self.arrivals * willing - n_mu * v)


def _simpson_weight(index: int, steps: int) -> int:
    if index in {0, steps}:
        return 1
    return 4 if index % 2 else 2


def erlang_a(servers: int, arrivals: float, service: float, patience: float) -> ErlangA:
    """Exact birth-death solution. `service` is mu and `patience` theta, both rates (1 / mean).

    With p(n) = 1 / (1/B + S - 1), where B is Erlang B and S the sum over the queue of the
    products lambda / (n mu + k theta). theta = 0 gives Erlang C and needs arrivals < n mu.
    """
    if servers < 1 or arrivals <= 0 or service <= 0 or patience < 0:
        raise ValueError("servers >= 1, arrivals > 0, service > 0 and patience >= 0 are needed")
    if patience == 0 and arrivals >= servers * service:
        raise ValueError("without abandonment the arrivals must stay below servers * service")
    n_mu = servers * service
    term, total, weighted = 1.0, 1.0, 0.0
    for j in range(1, _MAX_QUEUE):
        term *= arrivals / (n_mu + j * patience)
        total += term
        weighted += j * term
        if term < _TAIL * total and n_mu + j * patience > arrivals:
            break
    p_n = 1.0 / (1.0 / erlang_b(servers, arrivals / service) + total - 1.0)
    queue_length = p_n * weighted
    abandoned = patience * queue_length / arrivals
    return ErlangA(
        servers=servers,
        arrivals=arrivals,
        service=service,
        patience=patience,
        waiting=p_n * total,
        abandoned=abandoned,
        mean_wait=queue_length / arrivals,
        queue_length=queue_length,
        occupancy=arrivals * (1.0 - abandoned) / n_mu,
        p_all_busy_no_queue=p_n,
    )


def normal_pdf(x: float) -> float:
    """Density of the standard normal law."""
    return math.exp(-x * x / 2.0) / math.sqrt(2.0 * math.pi)


def normal_cdf(x: float) -> float:
    """Distribution of the standard normal law."""
    return 0.5 * math.erfc(-x / math.sqrt(2.0))


def halfin_whitt(beta: float) -> float:
    """P(W > 0) for n = R + beta sqrt(R) as R grows, nobody giving up (beta > 0)."""
    return 1.0 / (1.0 + beta * normal_cdf(beta) / normal_pdf(beta))


def garnett(beta: float, service_over_patience: float) -> float:
    """P(W > 0) for n = R + beta sqrt(R) with patience; the argument is mu / theta."""
    ratio = math.sqrt(service_over_patience)
    scaled = beta * ratio

    def hazard(x: float) -> float:
        return normal_pdf(x) / (1.0 - normal_cdf(x))

    return 1.0 / (1.0 + hazard(scaled) / (ratio * hazard(-beta)))


def square_root_staffing(load: float, beta: float) -> int:
    """N = R + beta sqrt(R), rounded up."""
    return math.ceil(load + beta * math.sqrt(load))


def fluid_abandonment(load: float, servers: int) -> float:
    """Share that gives up in deep overload, whatever the patience: 1 - 1/rho (Whitt 2004)."""
    return max(0.0, 1.0 - servers / load) if load > 0 else 0.0
