"""Sound into a keyword model's input: the C spectrum against NumPy, device/linnet/speech.py on a board against tf.signal's steps."""

import ctypes
import json
import sys
import wave
from pathlib import Path

import numpy as np
import pytest
from linnet import core

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "device"))

import run  # noqa: E402


def spectrum(samples, window, n_points):
    """(largest sample, magnitudes) of the C function."""
    function = core.library().linnet_audio_spectrum
    function.restype = ctypes.c_int32
    angles = 2 * np.pi * np.arange(n_points // 2) / n_points
    turns = np.round(16384 * np.stack([np.cos(angles), -np.sin(angles)], 1)).astype(np.int16)
    work, out = np.zeros(2 * n_points, np.int32), np.zeros(n_points // 2 + 1, np.uint32)
    samples, window = np.ascontiguousarray(samples, np.int16), np.round(16384 * window).astype(np.int16)
    p = [ctypes.c_void_p(a.ctypes.data) for a in (samples, window, turns, work, out)]
    return function(p[0], p[1], ctypes.c_size_t(len(samples)), p[2], ctypes.c_size_t(n_points), p[3], p[4]), out


@pytest.mark.parametrize("n_points", (4, 64, 512, 4096))
def test_spectrum(n_points):
    rng = np.random.default_rng(n_points)
    for n in (n_points, n_points - n_points // 16):
        window = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(n) / n)
        signals = rng.integers(-32768, 32768, n), rng.integers(-5, 6, n), np.full(n, -32768), np.resize((32767, -32768), n), np.zeros(n)
        for samples in signals:
            largest, got = spectrum(samples, window, n_points)
            exact = np.abs(np.fft.rfft(samples * window, n_points))
            assert largest == samples.max()
            # Twiddles have 14 bits: an error of 1/32768 at most in each factor; samples are rounded once.
            allowed = 2 * np.sqrt(n_points) + 2e-4 * np.sqrt((samples.astype(float) ** 2).sum())
            assert np.abs(got - exact).max() <= allowed, np.abs(got - exact).max() / allowed


def mfcc(pcm):
    """What tf.signal gives for a second: (49, 10). Periodic Hann of 480, FFT of 512, 40 bands from 20 to 4000 Hz, DCT II."""
    sound = pcm / pcm.max()
    frames = np.stack([sound[i : i + 480] for i in range(0, len(sound) - 479, 320)])
    spectra = np.abs(np.fft.rfft(frames * (0.5 - 0.5 * np.cos(2 * np.pi * np.arange(480) / 480)), 512))
    mel = 1127.0 * np.log(1 + np.arange(1, 257) * 16000 / 512 / 700)
    edges = np.linspace(*(1127.0 * np.log(1 + np.array([20.0, 4000.0]) / 700)), 42)
    rising = (mel[:, None] - edges[:-2]) / (edges[1:-1] - edges[:-2])
    falling = (edges[2:] - mel[:, None]) / (edges[2:] - edges[1:-1])
    logs = np.log(spectra[:, 1:] @ np.maximum(0, np.minimum(rising, falling)) + 1e-6)
    cosines = 2 * np.cos(np.pi * np.arange(10)[:, None] * (2 * np.arange(40) + 1) / 80)
    return logs @ cosines.T / np.sqrt(80)


def second(path):
    with wave.open(str(path)) as file:
        return np.frombuffer(file.readframes(16000), "<i2")[:: file.getnchannels()]


FEATURES = """
from array import array
from linnet.speech import Mfcc
ears = Mfcc()
with open("/second.raw", "rb") as file:
    while True:
        pcm = file.read(700)
        if not pcm:
            break
        ears.feed(pcm)
print(ears.heard, list(ears.features()))
"""


@pytest.mark.parametrize("board", ("unix", "qemu-m7"))
def test_features(board, shared, tmp_path):
    """The board's, from native integers and its own floats, against tf.signal's steps in double precision."""
    pcm = second(shared("data/sww_marvin.wav"))
    script = tmp_path / "features.py"
    script.write_text(FEATURES)
    with run.on_board(board, {"/second.raw": pcm.astype("<i2").tobytes()}) as execute:
        heard, features = execute(script).split(" ", 1)
    got, wanted = np.array(json.loads(features)).reshape(49, 10), mfcc(pcm.astype(float))
    assert heard == "49"
    # The model's input has steps of 0.58. Silence is where integers and doubles differ most.
    assert np.abs(got - wanted).max() < 0.5 and np.abs(got - wanted).mean() < 0.02
