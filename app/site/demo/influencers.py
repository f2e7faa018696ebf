"""Invented influencers with a quarter of a year of metrics; the same on every machine but for the dates."""

import datetime as dt
import itertools
import random
from collections.abc import Iterator, Sequence

from app.campaigns.models import Campaign
from app.influencers.models import Account, AccountStatus, DailyMetrics, Influencer, Platform, Tag
from app.influencers.platforms import adapter
from app.regions.models import Region, RegionKind
from app.site.demo.content import FIRST_NAMES, LAST_NAMES

INFLUENCERS = 60
DAYS = 90
TAGS = (
    "cooking",
    "family",
    "fishing",
    "gardening",
    "news",
    "outdoors",
    "rivers",
    "science",
    "sports",
    "teachers",
)
_SUBJECTS = ("rivers", "outdoors", "kitchen", "backroads", "classroom", "garden", "weekend", "main.street")
_SHARE_WITH_SECOND_ACCOUNT = 0.2
_BATCH_ROWS = 2000
# Reserved for fiction: https://nationalnanpa.com/pdf/NRUF/555-Line-Number-Guidelines.pdf
_FICTION = 100


def make_influencers(randomness: random.Random, today: dt.date) -> int:
    """Fill the empty tables; returns how many influencers were made."""
    states = list(Region.objects.of(RegionKind.STATE).current())
    campaigns = list(Campaign.objects.published())
    Tag.objects.bulk_create(Tag(name=name) for name in TAGS)
    people = Influencer.objects.bulk_create(_people(randomness))
    accounts = Account.objects.bulk_create(_accounts(randomness, people))
    tags = list(Tag.objects.all())
    for person in people:
        person.campaigns.set(
            randomness.sample(campaigns, k=min(len(campaigns), randomness.choice((0, 1, 1, 2))))
        )
        person.regions.set(randomness.sample(states, k=1) if states else [])
    for account in accounts:
        account.tags.set(randomness.sample(tags, k=randomness.choice((0, 1, 2, 3))))
    days = itertools.chain.from_iterable(_history(randomness, account, today) for account in accounts)
    DailyMetrics.objects.bulk_create(days, batch_size=_BATCH_ROWS)
    Account.objects.bulk_update(accounts, ["followers", "daily_views", "posts", "measured_on"])
    return len(people)


def _people(randomness: random.Random) -> list[Influencer]:
    names = [f"{first} {last}" for first in FIRST_NAMES for last in LAST_NAMES]
    return [
        Influencer(name=name, phone=f"+1202555{_FICTION + number:04}" if number % 9 else "")
        for number, name in enumerate(randomness.sample(names, k=INFLUENCERS))
    ]


def _accounts(randomness: random.Random, people: Sequence[Influencer]) -> Iterator[Account]:
    for number, person in enumerate(people):
        first, _, last = person.name.partition(" ")
        platforms = randomness.choice((*[Platform.values] * 4, ["youtube"], ["instagram"]))
        stem = f"{_plain(first)}.{_plain(last)}"[:24]
        handles = [stem]
        if randomness.random() < _SHARE_WITH_SECOND_ACCOUNT:
            handles.append(f"{_plain(first)}.{randomness.choice(_SUBJECTS)}{number}")
        for platform, handle in itertools.product(platforms, handles):
            yield Account(
                influencer=person,
                platform=platform,
                handle=handle,
                url=adapter(platform).link(handle),
                email=f"{stem}@example.org" if randomness.random() < 0.7 else "",  # noqa: PLR2004 - about as many
                status=randomness.choice(AccountStatus.values),
            )


def _plain(name: str) -> str:
    return "".join(letter for letter in name.lower() if letter.isascii() and letter.isalpha())


def _history(randomness: random.Random, account: Account, today: dt.date) -> Iterator[DailyMetrics]:
    """A walk upwards, with the weekend's views; the account keeps the last day's."""
    followers = int(randomness.lognormvariate(9.5, 1.4)) + 200
    posts = randomness.randint(20, 900)
    growth = randomness.uniform(-0.0008, 0.006)
    for day in (today - dt.timedelta(days=back) for back in reversed(range(DAYS))):
        followers = max(1, round(followers * (1 + growth + randomness.gauss(0, 0.0015))))
        weekend = 1.5 if day.weekday() > 4 else 1.0  # noqa: PLR2004 - Friday
        views = round(followers * 0.06 * weekend * randomness.lognormvariate(0, 0.25))
        posts += randomness.random() < 0.3  # noqa: PLR2004 - every third day
        account.followers, account.daily_views, account.posts = followers, views, posts
        account.measured_on = day
        yield DailyMetrics(
            account=account, day=day, followers=followers, daily_views=views, posts=posts, source="collected"
        )
