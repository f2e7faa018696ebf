# The queue of what needs the IPv4 internet, see docs/decisions/0031-addresses-are-located-by-a-task.md.
INTERNET_QUEUE = "internet"
