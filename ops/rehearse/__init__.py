"""A deployment rehearsed on this machine: the real Zappa, an emulated AWS, a private PostGIS, HTTP through the gateway."""
