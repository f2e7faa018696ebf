#!/usr/bin/env python
"""Django's command line, run from the repository's root so that `app` is the import root everywhere."""

import gc
import os
import sys

from django.core.management import execute_from_command_line

if __name__ == "__main__":
    # Until app/config/apps.py: what is being loaded is no garbage.
    gc.disable()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "app.config.settings")
    execute_from_command_line(sys.argv)
