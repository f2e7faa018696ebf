"""The rate limiter: what a client may do how often, across any number of processes, for one call to DynamoDB a decision.

`limiter.hit(scope, client)` decides. The scopes and their limits are the table RATE_LIMITS in app/config/settings.py.
"""
