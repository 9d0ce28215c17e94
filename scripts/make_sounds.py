"""Makes the five sounds of a bench: `python scripts/make_sounds.py`. Nothing but the standard library.

Each is told apart without looking: success is bright, short and rising; "look" knocks twice in the
middle; "stop" is low, long and falling.
"""

from __future__ import annotations

import math
import struct
import wave
from pathlib import Path

RATE = 22_050
FOLDER = Path(__file__).resolve().parent.parent / "assets" / "sounds"


def bell(pitch: float, seconds: float, *, hardness: float = 0.35) -> list[float]:
    """A struck tone: a few overtones that fade one after the other."""
    count = int(RATE * seconds)
    partials = ((1.0, 1.0, 3.0), (2.0, hardness, 5.0), (3.01, hardness / 2, 8.0))

    def sample(index: int) -> float:
        t = index / RATE
        attack = min(1.0, t / 0.004)
        tail = min(1.0, (count - index) / (RATE * 0.01))
        wave_ = sum(
            strength * math.exp(-fade * t / seconds) * math.sin(math.tau * pitch * ratio * t)
            for ratio, strength, fade in partials
        )
        return attack * tail * wave_

    return [sample(index) for index in range(count)]


def buzz(pitch: float, to: float, seconds: float) -> list[float]:
    """A rough, falling tone made of odd overtones."""
    count = int(RATE * seconds)
    phase, found = 0.0, []
    for index in range(count):
        part = index / count
        phase += math.tau * (pitch + (to - pitch) * part) / RATE
        wave_ = sum(math.sin(phase * odd) / odd for odd in (1, 3, 5, 7))
        edge = min(1.0, index / (RATE * 0.01), (count - index) / (RATE * 0.04))
        found.append(edge * wave_)
    return found


def noise_click(seconds: float) -> list[float]:
    """A shutter: a short rattle of fixed, made-up noise."""
    state, found = 1234567, []
    count = int(RATE * seconds)
    for index in range(count):
        state = (1103515245 * state + 12345) % 2**31
        found.append((state / 2**30 - 1) * math.exp(-index / (RATE * 0.012)))
    return found


def pause(seconds: float) -> list[float]:
    """Silence."""
    return [0.0] * int(RATE * seconds)


def write(name: str, samples: list[float], loudness: float = 0.8) -> None:
    """Write 16-bit mono, scaled so that all sounds are about as loud."""
    peak = max(abs(sample) for sample in samples)
    frames = b"".join(struct.pack("<h", round(32_767 * loudness * sample / peak)) for sample in samples)
    with wave.open(str(FOLDER / f"{name}.wav"), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(frames)


def main() -> None:
    """Make all five."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    write("scanned", bell(1568, 0.12), 0.6)
    write("photo", noise_click(0.05) + pause(0.03) + noise_click(0.07), 0.7)
    write("sent", bell(1047, 0.10) + bell(1319, 0.10) + bell(1760, 0.28))
    write("look", bell(622, 0.16, hardness=0.6) + pause(0.07) + bell(622, 0.22, hardness=0.6))
    write("stop", buzz(196, 147, 0.38) + pause(0.08) + buzz(165, 98, 0.60))


if __name__ == "__main__":
    main()
