"""A clock in whole milliseconds that a test moves."""

NOON_MS = 1_795_262_400_000


class Clock:
    def __init__(self) -> None:
        self.now_ms = NOON_MS

    def __call__(self) -> int:
        return self.now_ms

    def forward(self, seconds: float) -> None:
        self.now_ms += round(seconds * 1000)
