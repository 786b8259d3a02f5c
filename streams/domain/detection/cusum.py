"""How soon could anybody know? The exact bound that every detector is measured against.

For a Poisson stream whose rate is multiplied by a known ratio rho, the CUSUM has the shortest
worst-case mean delay for its false-alarm gap, exactly (El Karoui, Loisel, Salhi, Ann. Appl. Prob.
27:2515, 2017). Its statistic over ln rho is the workload of a queue: jumps of 1, drain
c = lambda0 (rho - 1) / ln rho, reflected at 0, alarm at a = h / ln rho. With the scale function

    W(x) = 1/c sum over k <= x of (-y_k)^k e^(y_k) / k!,   y_k = lambda (x - k) / c,

the mean time to alarm from 0 is W(a)^2 / W'(a) - integral of W from 0 to a. The sums alternate and
cancel, so they are done with eighty decimal digits.
"""

from decimal import Decimal, localcontext

_DIGITS = 80
_HOUR = 3600


def mean_time_to_alarm(baseline: float, ratio: float, threshold: float, rate: float) -> float:
    """Hours until the CUSUM for `ratio` passes `threshold` nats, contacts coming at `rate`.

    `baseline` and `rate` are per hour. `rate` equal to the baseline gives the mean gap between
    false alarms, `ratio` times it the mean delay from the worst start.
    """
    with localcontext() as context:
        context.prec = _DIGITS
        log = Decimal(ratio).ln()
        drain = Decimal(baseline) * (Decimal(ratio) - 1) / log
        level = Decimal(threshold) / log
        speed = Decimal(rate) / drain
        scale = slope = area = Decimal(0)
        for jumps in range(int(level) + 1):
            y = speed * (level - jumps)
            grown = y.exp()
            # (-y)^k / k! and the sum of such terms up to k, without large intermediate powers.
            term = total = Decimal(1)
            before = Decimal(0)
            for k in range(1, jumps + 1):
                before = term
                term = term * -y / k
                total += term
            scale += term * grown
            # The derivative of (-y)^k e^y / k! by y is that term less the one before it.
            slope += (term - before) * grown
            area += total * grown - 1
        scale /= drain
        slope = slope * speed / drain
        area /= Decimal(rate)
        return float(scale * scale / slope - area)


def false_alarm_gap(baseline: float, ratio: float, threshold: float) -> float:
    """Mean hours between false alarms."""
    return mean_time_to_alarm(baseline, ratio, threshold, baseline)


def worst_delay_seconds(baseline: float, ratio: float, threshold: float) -> float:
    """Mean seconds to an alarm for a rise of exactly `ratio` that begins at the worst moment."""
    return mean_time_to_alarm(baseline, ratio, threshold, ratio * baseline) * _HOUR


def threshold_for(baseline: float, ratio: float, gap_hours: float) -> float:
    """The threshold, in nats, at which the mean gap between false alarms is `gap_hours`."""
    low, high = 0.0, 1.0
    while false_alarm_gap(baseline, ratio, high) < gap_hours:
        low, high = high, 2 * high
    for _ in range(50):
        middle = (low + high) / 2
        if false_alarm_gap(baseline, ratio, middle) < gap_hours:
            low = middle
        else:
            high = middle
    return high
