"""Whatever people paste, an account has one handle and one address."""

import pytest

from app.influencers.platforms import ADAPTERS, NotAnAccountError, adapter

CHANNEL = "UCabcdefghij_KLMNOPQ-stu"


@pytest.mark.parametrize(
    ("platform", "pasted", "handle"),
    [
        ("youtube", "@CleanRivers", "cleanrivers"),
        ("youtube", " cleanrivers ", "cleanrivers"),
        ("youtube", "https://www.youtube.com/@CleanRivers/videos?view=0", "cleanrivers"),
        ("youtube", "m.youtube.com/@CleanRivers", "cleanrivers"),
        ("youtube", f"https://youtube.com/channel/{CHANNEL}", CHANNEL),
        ("youtube", CHANNEL, CHANNEL),
        ("youtube", "https://www.youtube.com/@%D1%80%D0%B5%D0%BA%D0%B8", "реки"),
        ("instagram", "@Clean.Rivers", "clean.rivers"),
        ("instagram", "https://www.instagram.com/Clean.Rivers/?hl=en", "clean.rivers"),
        ("instagram", "instagram.com/clean_rivers/reels/", "clean_rivers"),
        ("instagram", "clean.rivers", "clean.rivers"),
    ],
)
def test_a_handle_has_one_spelling(platform: str, pasted: str, handle: str) -> None:
    found = adapter(platform)
    assert found.handle(pasted) == handle
    assert found.handle(found.link(handle)) == handle


@pytest.mark.parametrize(
    ("platform", "pasted", "reason"),
    [
        ("youtube", "https://www.youtube.com/c/CleanRivers", "old addresses"),
        ("youtube", "https://www.youtube.com/user/CleanRivers", "old addresses"),
        ("youtube", "https://www.youtube.com/watch?v=abc", "no channel's"),
        ("youtube", "https://www.youtube.com", "no channel's"),
        ("youtube", "https://www.instagram.com/rivers", "elsewhere, not on YouTube"),
        ("youtube", "https://youtube.com.evil.example/@rivers", "elsewhere"),
        ("youtube", "https://[::1", "elsewhere"),
        ("youtube", "ab", "no handle of YouTube"),
        ("youtube", "", "no handle of YouTube"),
        ("instagram", "https://www.instagram.com/p/Cabc/", "no profile's"),
        ("instagram", "clean rivers", "no handle of Instagram"),
        ("instagram", "r" * 31, "no handle of Instagram"),
    ],
)
def test_what_is_no_account_is_refused_with_a_reason(platform: str, pasted: str, reason: str) -> None:
    with pytest.raises(NotAnAccountError, match=reason):
        adapter(platform).handle(pasted)


@pytest.mark.parametrize("name", ADAPTERS)
def test_the_example_of_a_message_is_one(name: str) -> None:
    found = adapter(name)
    assert found.handle(found.example) == found.example.removeprefix("@")
