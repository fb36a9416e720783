# A stand-in for OpenMV's audio (docs.openmv.io/library/omv.audio.html): the sound in /sound.raw, 16 bits, 16 kHz, is handed to the
# callback a quarter of a second at every clock.tick(); at its end that raises EOFError.

import time

_CHUNK_BYTES = 640


def init(channels=2, frequency=16000, gain_db=24, highpass=0.9883, samples=-1):
    if (channels, frequency) != (1, 16000):
        raise ValueError("stand-in: one channel of 16 kHz")


def start_streaming(callback):
    file = open("/sound.raw", "rb")

    def go_on():
        for _ in range(16000 * 2 // 4 // _CHUNK_BYTES):
            pcm = file.read(_CHUNK_BYTES)
            if not pcm:
                raise EOFError("no more sound")
            callback(pcm)

    time.at_tick.append(go_on)


def stop_streaming():
    time.at_tick.clear()
