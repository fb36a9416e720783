"""Which way to round each weight: by chance, or so that the layer's outputs change least.

For the outputs, weights are rounded one after the other, the error of each made up for by those still to come (GPTQ: Frantar et al., "Accurate
Post-Training Quantization for Generative Pre-trained Transformers", 2022), then moved by single steps while that helps
(AdaRound's objective: Nagel et al., "Up or Down? Adaptive Rounding for Post-Training Quantization", 2020).
"""

import numpy as np

ROUNDINGS = ("nearest", "stochastic", "optimized")
N_SWEEPS = 6
DAMPING = 0.01  # of the mean diagonal, so that inputs that never vary do no harm


def round_at_random(rows, scales, random, limit=127):
    """int8 rows, each weight rounded up with the probability of its fraction: right on average. random: numpy's Generator."""
    exact = rows / scales[:, None].astype(np.float64)
    return np.clip(np.floor(exact + random.random(exact.shape)), -limit, limit).astype(np.int8)


def round_for_outputs(rows, scales, gram, limit=127):
    """int8 rows (channels, k), whose outputs on the layer's inputs are nearest to those of the float rows.

    rows: float (channels, k); scales: (channels,); gram: (k, k), or (channels, k, k) for one each: mean of x xT over the inputs x.
    """
    exact = rows / scales[:, None].astype(np.float64)
    grams = np.broadcast_to(gram, (len(rows), *gram.shape[-2:]))
    starts = [np.clip(np.rint(exact), -limit, limit), _compensated(exact, gram, limit)]
    found = [_descend(start, exact, gram, limit) for start in starts]
    errors = [np.einsum("ck,ckj,cj->c", q - exact, grams, q - exact, optimize=True) for q in found]
    return np.where((errors[1] < errors[0])[:, None], found[1], found[0]).astype(np.int8)


def _compensated(exact, gram, limit):
    """Each column rounded in turn, its error passed on to those after it."""
    k = exact.shape[1]
    mean = np.trace(gram, axis1=-2, axis2=-1)[..., None, None] / k
    damped = gram + (DAMPING * mean + 1e-12) * np.eye(k)
    upper = np.swapaxes(np.linalg.cholesky(np.linalg.inv(damped)), -1, -2)
    left, q = exact.copy(), np.empty_like(exact)
    for i in range(k):
        q[:, i] = np.clip(np.rint(left[:, i]), -limit, limit)
        error = (left[:, i] - q[:, i]) / upper[..., i, i]
        left[:, i + 1 :] -= error[:, None] * upper[..., i, i + 1 :]
    return q


def _descend(q, exact, gram, limit):
    """Single steps up or down, wherever one lessens the error."""
    q = q.copy()
    slope = np.einsum("ck,ckj->cj", q - exact, gram) if gram.ndim == 3 else (q - exact) @ gram
    diagonal = np.diagonal(gram, axis1=-2, axis2=-1)
    for _ in range(N_SWEEPS):
        moved = 0
        for i in range(q.shape[1]):
            step = -np.sign(slope[:, i])
            gain = 2 * step * slope[:, i] + diagonal[..., i]
            rows = np.flatnonzero((gain < -1e-12) & (np.abs(q[:, i] + step) <= limit) & (step != 0))
            if len(rows):
                q[rows, i] += step[rows]
                slope[rows] += step[rows, None] * (gram[rows, i] if gram.ndim == 3 else gram[i])
                moved += len(rows)
        if not moved:
            break
    return q
