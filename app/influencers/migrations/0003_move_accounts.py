"""Move the one-to-one form's rows into accounts. Nothing is lost: what fits no column stands in the notes.

Back again as long as the old form can hold it; else it refuses and says what would be lost.
Names, numbers and handles are brought to the one spelling by the application's own pure functions.
"""

from itertools import count

from django.db import migrations
from django.db.migrations.exceptions import IrreversibleError
from django.db.models import Count, Q

from app.influencers.names import NotAPhoneNumberError, normalise_phone, normalise_text
from app.influencers.platforms import ADAPTERS, NotAnAccountError, adapter
from app.mail.addresses import normalise_email

LEGACY_BY_PLATFORM = {"youtube": "YouTubeChannel", "instagram": "InstagramProfile"}


class Move:
    """One run over the old rows, in the order of their keys, so that a rerun decides the same."""

    def __init__(self, apps):
        self.model = {
            name: apps.get_model("influencers", name) for name in ("Influencer", "Account", "DailyMetrics")
        }
        self.legacy = {
            platform: {row.influencer_id: row for row in apps.get_model("influencers", name).objects.all()}
            for platform, name in LEGACY_BY_PLATFORM.items()
        }
        self.influencer_by_identity = {}
        self.account_by_handle = {}

    def run(self):
        keys = self.model["Influencer"].objects.order_by("pk").values_list("pk", flat=True)
        for key in list(keys):
            self.move(self.model["Influencer"].objects.get(pk=key))

    def move(self, old):
        notes = []
        name = normalise_text(old.name) or f"Without a name ({old.pk})"
        phone = number_of(old, notes)
        kept = self.influencer_by_identity.get((name.lower(), phone))
        if kept and not phone:
            # Two of one name without a number may be two people.
            name, kept = self.distinct_name(name, notes), None
        self.move_accounts(old, kept or old, notes)
        if kept:
            self.fold(old, kept, notes)
            return
        old.name, old.phone = name, phone
        self.keep(old, with_lines(old.notes, notes))
        self.influencer_by_identity[name.lower(), phone] = old

    def keep(self, influencer, notes):
        """Not `save`, which would call this a change of today."""
        influencer.notes = notes
        self.model["Influencer"].objects.filter(pk=influencer.pk).update(
            name=influencer.name, phone=influencer.phone, notes=notes
        )

    def distinct_name(self, name, notes):
        for number in count(2):
            other = f"{name[:150]} ({number})"
            if (other.lower(), "") not in self.influencer_by_identity:
                notes.append(f"Another influencer without a telephone number is called {name}, too.")
                return other

    def fold(self, old, kept, notes):
        """The same name and number: the same person, in two rows."""
        kept.campaigns.add(*old.campaigns.values_list("pk", flat=True))
        kept.regions.add(*old.regions.values_list("pk", flat=True))
        was = f"Row {old.pk} had the same name and number, written {old.name!r}, {old.phone!r}."
        self.keep(kept, with_lines(kept.notes, [was, *([old.notes] if old.notes else []), *notes]))
        old.delete()

    def move_accounts(self, old, owner, notes):
        email = normalise_email(old.email)
        made = [self.move_account(old, owner, platform, email, notes) for platform in LEGACY_BY_PLATFORM]
        if email and not any(made):
            notes.append(f"E-mail: {old.email}")

    def move_account(self, old, owner, platform, email, notes):
        """Whether an account has the e-mail address now."""
        row = self.legacy[platform].get(old.pk)
        if row is None:
            return False
        try:
            handle = handle_of(row, platform)
        except NotAnAccountError:
            notes.append(f"{described(row, platform)} has no handle that can be read.")
            return False
        taken = self.account_by_handle.get((platform, handle))
        if taken:
            whose = "this one" if taken.influencer_id == owner.pk else f"{taken.influencer.name}'s"
            notes.append(f"{described(row, platform)} is the same account as {whose}.")
            return taken.email == email
        self.account_by_handle[platform, handle] = self.make(
            owner, platform, handle, email, row, old.updated_at.date()
        )
        if normalise_text(row.handle).removeprefix("@").lower() != handle.lower():
            notes.append(f"{described(row, platform)} became {handle}.")
        return True

    def make(self, owner, platform, handle, email, row, changed_on):
        day = row.measured_on or (changed_on if row.followers is not None else None)
        account = self.model["Account"].objects.create(
            influencer=owner,
            platform=platform,
            handle=handle,
            email=email,
            url=row.url or adapter(platform).link(handle),
            followers=row.followers,
            measured_on=day,
        )
        if day:
            self.model["DailyMetrics"].objects.create(
                account=account, day=day, followers=row.followers, source="moved"
            )
        return account


def number_of(old, notes):
    try:
        return normalise_phone(old.phone)
    except NotAPhoneNumberError:
        notes.append(f"Telephone number that could not be read: {old.phone}")
        return ""


def handle_of(row, platform):
    try:
        return adapter(platform).handle(row.handle)
    except NotAnAccountError:
        return adapter(platform).handle(row.url)


def described(row, platform):
    """All that an old account says, on one line."""
    followers = f", {row.followers} followers" if row.followers is not None else ""
    day = f" on {row.measured_on}" if row.measured_on else ""
    address = f", {row.url}" if row.url else ""
    return f"{ADAPTERS[platform].label} account {row.handle!r}{address}{followers}{day}"


def with_lines(text, lines):
    return "\n".join([*([text] if text else []), *lines])


def forwards(apps, schema_editor):
    Move(apps).run()


def backwards(apps, schema_editor):
    losses = would_be_lost(apps)
    if losses:
        raise IrreversibleError(
            f"The one-to-one form has no room for {'; '.join(losses)}. Nothing was moved."
            " Run `migrate influencers` to go forward again; restore a backup from before the move instead,"
            " or export and delete these first."
        )
    model = {name: apps.get_model("influencers", name) for name in (*LEGACY_BY_PLATFORM.values(), "Account")}
    for old_form in LEGACY_BY_PLATFORM.values():
        model[old_form].objects.all().delete()
    for account in model["Account"].objects.select_related("influencer").order_by("pk"):
        account.influencer.email = account.email
        account.influencer.save(update_fields=["email"])
        model[LEGACY_BY_PLATFORM[account.platform]].objects.create(
            influencer=account.influencer,
            handle=account.handle,
            url=account.url,
            followers=account.followers,
            measured_on=account.measured_on,
        )
    model["Account"].objects.all().delete()


def would_be_lost(apps):
    def rows(name):
        return apps.get_model("influencers", name).objects.all()

    several = rows("Account").values("influencer", "platform").annotate(n=Count("pk")).filter(n__gt=1)
    emails = rows("Account").values("influencer").annotate(n=Count("email", distinct=True)).filter(n__gt=1)
    days = rows("Account").annotate(n=Count("metrics")).filter(n__gt=1)
    richer = Q(daily_views__isnull=False) | Q(total_views__isnull=False) | Q(posts__isnull=False)
    worked_on = rows("Account").exclude(status="new", notes="", tags=None)
    found = {
        "influencers with several accounts on one platform": several,
        "influencers whose accounts have different e-mail addresses": emails,
        "accounts with more than one day of metrics": days,
        "days with metrics other than followers": rows("DailyMetrics").filter(richer),
        "accounts with a status, notes or tags": worked_on,
        "merges on record": rows("Merge"),
        "consent forms": rows("ConsentForm"),
    }
    return [f"{found[what].count()} {what}" for what in found if found[what].exists()]


class Migration(migrations.Migration):
    dependencies = [("influencers", "0002_many_accounts")]
    operations = [migrations.RunPython(forwards, backwards)]
