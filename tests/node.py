"""A Node.js that every development environment has: Playwright's own."""

from pathlib import Path

from playwright._impl._driver import compute_driver_executable

NODE = Path(compute_driver_executable()[0])
