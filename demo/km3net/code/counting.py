"""Counting statistics: median significance, mean upper limit and the signal that a discovery needs."""

import numpy as np
from scipy.optimize import brentq
from scipy.special import gammaincc, gammainccinv, gammaln, xlogy


def significance(signal: float, background: float) -> float:
    """Median significance [sigma] of `signal` over a known `background` (Cowan et al. 2011, eq. 97)."""
    if signal <= 0:
        return 0.0
    background = max(background, 1e-9)
    ratio = signal / background
    if ratio < 1e-4:  # the exact form loses its digits here, and s/sqrt(b) is its limit
        return float(signal / np.sqrt(background))
    return float(np.sqrt(2 * ((signal + background) * np.log1p(ratio) - signal)))


def mean_upper_limit(background: float, confidence: float = 0.9) -> float:
    """Mean CLs upper limit on the signal [events] when there is background only.

    For n observed events the limit s solves P(<=n | s+b) = (1 - confidence) P(<=n | b); P(<=n | m) is the
    regularised incomplete gamma function Q(n+1, m), which scipy inverts.
    """
    reach = 6 * np.sqrt(background) + 10  # what lies further out has a chance below one in a million
    seen = np.arange(max(np.floor(background - reach), 0), background + reach)
    limits = gammainccinv(seen + 1, (1 - confidence) * gammaincc(seen + 1, background)) - background
    weights = np.exp(xlogy(seen, background) - background - gammaln(seen + 1))
    return float(np.sum(weights * limits) / np.sum(weights))


def signal_for(sigma: float, background: float) -> float:
    """Signal [events] whose median significance is `sigma`."""
    top = 10 * (sigma**2 + sigma * np.sqrt(background) + 1)
    return float(brentq(lambda signal: significance(signal, background) - sigma, 1e-9, top))
