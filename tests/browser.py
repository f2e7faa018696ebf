"""Headless Chromium, and how long it is waited for."""

from playwright.sync_api import Browser, Playwright

from ops import chromium

# Of a machine that does five other things: also for Chromium's own first start.
PATIENCE_MS = 120_000


def launched(playwright: Playwright) -> Browser:
    return playwright.chromium.launch(
        executable_path=chromium.provide(), args=list(chromium.FLAGS), timeout=PATIENCE_MS
    )
